"""What a search begins with: sizes, fines, and solutions brought into its form."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pdopt.program.matrix import Floats, Matrix
from pdopt.solving.decomposed.blocks import Split
from pdopt.solving.highs import solve_relaxed


def rounded(parts: Split, relaxed: Floats) -> Floats:
    """Give the relaxation's values, commitments and the like rounded; what belongs to slots is counted when settled."""
    shared = np.zeros(len(relaxed), dtype=bool)
    shared[parts.shared] = True
    return np.where(shared & parts.whole.whole, np.round(relaxed), relaxed)


def flowing(apart: Matrix, values: Floats) -> Floats | None:
    """Give the same whole numbers with rates that fit the program whose sides are separate."""
    counts = np.where(apart.whole, np.round(values), 0.0)
    lower, upper = np.where(apart.whole, counts, apart.lower), np.where(apart.whole, counts, apart.upper)
    found = solve_relaxed(replace(apart, lower=lower, upper=upper))
    return None if found is None else found[0]


def fines(parts: Split) -> Floats:
    """Give what exceeding a linking row by one costs: more than anything that may be bought instead; 0 for others."""
    found = np.zeros(parts.whole.a.shape[0])
    found[parts.linking] = 3 * float(parts.whole.cost.max(initial=1.0))
    return found
