"""Events: the functions that are compiled, on the columns of a World."""
