"""Prefill and decode as programs of their own, where a workload has one way from the one to the other."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array

from pdopt.program.matrix import Matrix
from pdopt.solving.decomposed.owners import Whole

SERVED, HANDED_OVER = "serve_demand", "prefill_feeds_decode"


def separate(matrix: Matrix) -> Matrix:
    """Let both sides of a workload's only handover flow at exactly the rate that must be served.

    What is cheapest stays so: where less flow is never worse, any plan still holds when its flows are scaled down to
    what must be served, and then each side has a rate of its own. A workload that mixed instances serve, too, or that
    may be served less (under a budget) is left alone.
    """
    rows = csr_array(matrix.a, copy=True)
    lower, upper = matrix.row_lower.copy(), matrix.row_upper.copy()
    served = {index: row for (name, index), row in matrix.row_of.items() if name == SERVED}
    handed = {index: row for (name, index), row in matrix.row_of.items() if name == HANDED_OVER}
    ways = Counter((workload, slot) for workload, _, slot in handed)
    never_worse = _never_worse(matrix, np.array([*served.values(), *handed.values()], dtype=np.int64))
    for (workload, _, slot), row in handed.items():
        serve = served.get((workload, slot))
        if serve is None or ways[workload, slot] > 1:
            continue
        inside = slice(rows.indptr[row], rows.indptr[row + 1])
        columns, terms = rows.indices[inside], rows.data[inside]
        decoded = rows.indices[rows.indptr[serve] : rows.indptr[serve + 1]]
        if set(decoded) != set(columns[terms < 0]) or not never_worse[columns].all():
            continue
        rows.data[inside] = np.where(terms < 0, 0.0, terms)
        lower[row] = upper[row] = upper[serve] = lower[serve]
    rows.eliminate_zeros()
    return replace(matrix, a=csc_array(rows), row_lower=lower, row_upper=upper)


def _never_worse(matrix: Matrix, aside: Whole) -> np.ndarray:
    """Whether a smaller value of a column costs no more and breaks no row, those `aside` not looked at."""
    terms = coo_array(matrix.a)
    looked_at = np.ones(matrix.a.shape[0], dtype=bool)
    looked_at[aside] = False
    breaks = ((terms.data > 0) & np.isfinite(matrix.row_lower[terms.row])) | (
        (terms.data < 0) & np.isfinite(matrix.row_upper[terms.row])
    )
    good = (matrix.cost >= 0) & (matrix.lower == 0) & ~matrix.whole
    good[terms.col[breaks & looked_at[terms.row]]] = False
    return np.asarray(good)
