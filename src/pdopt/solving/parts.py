"""Programs whose LLMs share nothing but nodes that anybody may rent more of: each part is solved alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from os import cpu_count

import numpy as np
from scipy.sparse import csr_array

from pdopt.program.matrix import Floats, Matrix
from pdopt.solving.decomposed.apart import Workers, run_apart
from pdopt.solving.decomposed.blocks import Whole, groups_of, joined
from pdopt.solving.highs import Outcome
from pdopt.solving.watch import Until

FOR_EVER_S = 1e7


@dataclass(frozen=True)
class Folded:
    """A matrix without the nodes that are always as many as what runs on them.

    Attributes
    ----------
    matrix : Matrix
        Of the columns that are left; their costs include those of the nodes they take.
    kept : array of columns of the unfolded matrix
    nodes : array of the columns folded
    taken : sparse matrix, one row per folded column over the unfolded columns
        How many of it each of the others takes.
    """

    matrix: Matrix
    kept: Whole
    nodes: Whole
    taken: csr_array

    def unfolded(self, values: Floats) -> Floats:
        """Give the values of all columns."""
        found = np.zeros(self.taken.shape[1])
        found[self.kept] = values
        found[self.nodes] = np.round(self.taken @ np.round(found))
        return found


def solve_parts(matrix: Matrix, until: Until, largest: int) -> Outcome | None:
    """Minimise part by part; None where there is one part only, or one with so many whole columns.

    Nodes join everything that runs on them. But where they hold whole numbers of instances (one GPU each, or billed by
    GPU) and are not short, each is paid for by the instances on it, and joins nothing.
    """
    folded = fold(matrix)
    groups = groups_of(joined(csr_array(folded.matrix.a)))
    if len(groups) < 2 or max(int(folded.matrix.whole[part].sum()) for part in groups.values()) >= largest:
        return None
    count, seconds = cpu_count() or 1, until.left_s()
    with ThreadPoolExecutor(count) as threads:
        workers = Workers(threads, count, until.watch)
        found = run_apart(workers, folded.matrix, FOR_EVER_S if seconds is None else seconds, until.gap)
    if found.values is None or found.objective is None:
        return found
    until.watch.saw(found.objective, found.bound)
    return replace(found, values=folded.unfolded(found.values))


def fold(matrix: Matrix) -> Folded:
    """Take out columns N of a single row ``sum k_i x_i <= N``, k and x whole: the cheapest N is that sum."""
    a = csr_array(matrix.a)
    nodes, rows = _foldable(matrix, a)
    each = -np.asarray(a[rows, nodes]).reshape(-1)
    taken = csr_array(a[rows].multiply((1 / each).reshape(-1, 1))) if len(rows) else a[rows]
    taken[np.arange(len(nodes)), nodes] = 0.0
    kept = np.setdiff1d(np.arange(a.shape[1]), nodes)
    left = np.setdiff1d(np.arange(a.shape[0]), rows)
    cost = matrix.cost + taken.T @ matrix.cost[nodes]
    inner = replace(
        matrix,
        cost=cost[kept],
        lower=matrix.lower[kept],
        upper=matrix.upper[kept],
        whole=matrix.whole[kept],
        unit=matrix.unit[kept],
        row_lower=matrix.row_lower[left],
        row_upper=matrix.row_upper[left],
        a=a[left][:, kept].tocsc(),
        column_of={},
        row_of={},
        values=(),
        elsewhere=None,
        fewest_starts=None,
    )
    return Folded(inner, kept, nodes, taken)


def _foldable(matrix: Matrix, a: csr_array) -> tuple[Whole, Whole]:
    """Give columns that may be folded, and the row of each."""
    by_column = a.tocsc()
    free = matrix.whole & (matrix.lower == 0) & np.isinf(matrix.upper)
    once = np.flatnonzero((np.diff(by_column.indptr) == 1) & free)
    nodes, rows = [], []
    for column in once:
        row, weight = by_column.indices[by_column.indptr[column]], by_column.data[by_column.indptr[column]]
        part = slice(a.indptr[row], a.indptr[row + 1])
        others = a.indices[part] != column
        counts = a.data[part][others] / -weight
        whole = matrix.whole[a.indices[part][others]].all() and (np.abs(counts - np.round(counts)) < 1e-9).all()
        alone = matrix.row_upper[row] == 0 and np.isneginf(matrix.row_lower[row]) and weight < 0
        if alone and whole and (counts >= 0).all() and matrix.cost[column] >= 0:
            nodes.append(column)
            rows.append(row)
    return np.array(nodes, dtype=int), np.array(rows, dtype=int)
