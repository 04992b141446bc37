"""What the page says around its tables."""

HEAD = "# {date} {aisimulate}\n"
MEASURED = OTHERS = POOR = WHICH = PREDICTED = DECODE = ""
PROFILES = {"catalogue": "", "fine": ""}
