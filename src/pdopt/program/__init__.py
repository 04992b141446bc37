"""The mixed-integer program: sets, variables, one constraint family per file, objective."""
