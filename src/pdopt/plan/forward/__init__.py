"""Forward predictions: from the rates one instance gets to the TTFT and TPOT its requests see.

Written from the fleet and the formulas alone. It shares no code with the rooms that size lanes and build the
program, because the audit must not repeat their mistakes.
"""
