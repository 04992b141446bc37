"""Hours in a month and a year, wherever dollars per hour are turned into others."""

HOURS_PER_MONTH = 730
HOURS_PER_YEAR = 8760
