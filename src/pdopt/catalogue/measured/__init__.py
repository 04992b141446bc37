"""From measurements of serving-benchmark tools to profile rows."""
