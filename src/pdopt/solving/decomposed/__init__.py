"""Large fleets: one small program per LLM and slot, priced by what nodes are worth, and a master that joins them.

Dantzig-Wolfe decomposition (Dantzig & Wolfe 1960; Vanderbeck & Wolsey 2010 for the integer case). LLMs and slots only
meet in nodes, stock, power and money: the rows that link them. Everything else splits into blocks that are small enough
to be solved exactly, which gives a bound that is much closer than that of the linear relaxation of the whole.
"""
