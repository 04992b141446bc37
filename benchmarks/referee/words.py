HEAD = "# {date} {aisimulate}\n"
MEASURED = OTHERS = PERCENTILES = POOR = WHICH = ""
