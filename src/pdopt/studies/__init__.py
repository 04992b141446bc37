"""Studies: questions that need other answers than one plan."""
