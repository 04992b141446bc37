"""What a search begins with: sizes, fines, and solutions brought into its form."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array

from pdopt.program.matrix import Floats, Matrix
from pdopt.solving.decomposed.blocks import Split
from pdopt.solving.highs import QUICK, run, solve_relaxed

ALMOST = 1e-7  # that a number may be more than the whole one it is taken for
LITTLE = 1e-4  # of the largest price


def rounded(parts: Split, relaxed: Floats) -> Floats:
    """Give the relaxation's values, commitments and the like rounded; what belongs to slots is counted when settled."""
    shared = np.zeros(len(relaxed), dtype=bool)
    shared[parts.shared] = True
    return np.where(shared & parts.whole.whole, np.round(relaxed), relaxed)


def rounded_up(parts: Split, relaxed: Floats, seconds: float) -> Floats | None:
    """Give the relaxation of all blocks rounded up, and the cheapest nodes for that; None if there are none.

    What only hurts the rows of its block, as instances on spot do, is rounded down. What is in use or not comes first,
    because a pool in use takes spares.
    """
    full, shared = parts.whole, parts.shared
    helpful = _helpful(parts)
    started = np.ceil(relaxed - ALMOST)
    switched = helpful & full.whole & (full.upper == 1)
    if (started != relaxed)[switched].any():
        lower, upper = (np.where(switched, started, bounds) for bounds in (full.lower, full.upper))
        again = solve_relaxed(replace(full, lower=lower, upper=upper))
        if again is None:
            return None
        relaxed = again[0]
    counts = np.where(helpful, np.ceil(relaxed - ALMOST), np.floor(relaxed + ALMOST))
    values = np.where(full.whole, counts, relaxed)
    values[shared] = 0.0
    taken = np.asarray(parts.rows @ values)
    links = parts.rows[:, shared]
    rows = np.flatnonzero(np.diff(links.indptr))
    program = full.part(shared, rows, links[rows], taken[rows])
    found = run(program, seconds, options=QUICK).values
    if found is None:
        return None
    values[shared] = np.where(full.whole[shared], np.round(found), found)
    return values


def _helpful(parts: Split) -> npt.NDArray[np.bool_]:
    """Whether more of a column helps to keep a row that links nothing."""
    full, terms = parts.whole, coo_array(parts.whole.a)
    within = np.ones(full.a.shape[0], dtype=bool)
    within[parts.linking] = False
    helps = ((terms.data > 0) & np.isfinite(full.row_lower[terms.row])) | (
        (terms.data < 0) & np.isfinite(full.row_upper[terms.row])
    )
    found = np.zeros(full.a.shape[1], dtype=bool)
    found[terms.col[helps & within[terms.row]]] = True
    return found


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


def priced(parts: Split, duals: Floats) -> Floats:
    """Give prices of the linking rows: their duals, and a little where these are nothing, lest blocks take all."""
    rows = parts.whole
    prices = duals[parts.linking]
    lower, upper = np.isfinite(rows.row_lower[parts.linking]), np.isfinite(rows.row_upper[parts.linking])
    little = LITTLE * abs(prices).max(initial=0.0)
    free = abs(prices) < little
    prices = np.where(free & upper & ~lower, -little, prices)
    return np.where(free & lower & ~upper, little, prices)
