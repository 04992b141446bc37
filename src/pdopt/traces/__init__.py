"""Request traces: logs of what was asked, read into columns, summarised, and grouped into workloads."""
