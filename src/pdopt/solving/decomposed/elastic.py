"""Rows that may be exceeded at a price, so that a plan can be mended step by step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import coo_array, csc_array, hstack

from pdopt.program.matrix import Floats, Matrix
from pdopt.solving.decomposed.owners import Whole

SLACK = 1e-6  # of a row that a solver's tolerance may leave


def elastic(matrix: Matrix, rows: Whole, price: Floats) -> Matrix:
    """Let rows be exceeded, on the sides that are bounded, at a price per unit; the new columns come last."""
    over, under = np.isfinite(matrix.row_upper[rows]), np.isfinite(matrix.row_lower[rows])
    at = np.concatenate([rows[over], rows[under]])
    sign = np.concatenate([-np.ones(over.sum()), np.ones(under.sum())])
    cost = np.concatenate([price[over], price[under]])
    count = len(at)
    more = coo_array((sign, (at, np.arange(count))), shape=(matrix.a.shape[0], count))
    return replace(
        matrix,
        a=csc_array(hstack([matrix.a, csc_array(more)])),
        cost=np.concatenate([matrix.cost, cost]),
        lower=np.concatenate([matrix.lower, np.zeros(count)]),
        upper=np.concatenate([matrix.upper, np.full(count, np.inf)]),
        whole=np.concatenate([matrix.whole, np.zeros(count, dtype=bool)]),
        unit=np.concatenate([matrix.unit, np.ones(count)]),
    )


def excess(matrix: Matrix, values: Floats) -> Floats:
    """Give by how much each row is exceeded or missed, less what tolerances may leave."""
    activity = np.asarray(matrix.a @ values)
    with np.errstate(invalid="ignore"):
        allowed = SLACK * np.maximum(1.0, abs(activity))
    beyond = np.maximum(activity - matrix.row_upper, matrix.row_lower - activity)
    return np.asarray(np.maximum(beyond - allowed, 0.0))


def whole(matrix: Matrix, values: Floats) -> bool:
    """Whether all columns that must be whole are."""
    counts = values[matrix.whole]
    return bool(np.all(abs(counts - np.round(counts)) < SLACK))
