"""Programs that fall apart: periods that share nothing, LLMs that share only nodes anybody may rent more of."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from os import cpu_count
from time import perf_counter
from typing import Protocol

import numpy as np
from scipy.sparse import csr_array

from pdopt.program.matrix import Floats, Matrix
from pdopt.solving.decomposed.apart import Apart, take_apart
from pdopt.solving.decomposed.owners import Owners, Whole
from pdopt.solving.decomposed.separate import separate
from pdopt.solving.highs import PROVEN, Outcome
from pdopt.solving.watch import Progress, Until, Watch

SHORT_S = 1.0  # seconds of each part below which they are tried again and again
AT_FIRST = 0.15  # of these, the first time
LONGER = 4.0  # times as long the next time


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


class Alone(Protocol):
    """How one part is minimised."""

    def __call__(self, owners: Owners, matrix: Matrix, until: Until, start: Floats | None, *, threads: int) -> Outcome:
        """Minimise it from a solution that may be known, with so many threads."""


def solve_parts(owners: Owners, matrix: Matrix, until: Until, alone: Alone) -> Outcome | None:
    """Minimise part by part, several at once; None where there is one part only.

    Nodes join everything that runs on them. But where they hold whole numbers of instances (one GPU each, or billed by
    GPU) and are not short, each is paid for by the instances on it, and joins nothing.
    """
    folded = fold(separate(matrix))  # needs the names of rows, which parts have not
    apart = take_apart(folded.matrix)
    if apart is None or len(apart.programs) < 2:
        return None
    tries = _Tries(owners, folded, apart, until, alone)
    tries.go_on()
    found = apart.together(tries.found)
    if found.values is None or found.objective is None:
        return found
    until.watch.saw(found.objective, found.bound)
    return replace(found, values=folded.unfolded(found.values))


class _Tries:
    """Parts that are tried several at once; again with more time where there was little: a few take most of it."""

    def __init__(self, owners: Owners, folded: Folded, apart: Apart, until: Until, alone: Alone) -> None:
        self._owners = [owners.of(folded.kept[columns]) for columns in apart.columns]
        self._programs, self._until, self._alone = apart.programs, until, alone
        count = len(self._programs)
        self._sums = _Sums(count, until.watch)
        self._ends = np.inf if until.ends is None else perf_counter() + (until.left_s() or 0.0)
        self._at_once = min(cpu_count() or 1, count)
        self.found = [Outcome("unknown", None, None, -np.inf)] * count

    def go_on(self) -> None:
        """Solve all parts."""
        seconds = (self._ends - perf_counter()) * self._at_once / len(self.found)
        if seconds >= SHORT_S:
            self._try_each(None)
            return
        seconds *= AT_FIRST
        self._try_each(seconds)
        while perf_counter() < self._ends and not self._until.watch.stopped and self._open():
            seconds *= LONGER
            self._try_each(seconds)

    def _open(self) -> list[int]:
        """Give what is not proven, the farthest from it first."""
        left = [number for number, one in enumerate(self.found) if not one.within(self._until.gap)]
        return sorted(left, key=lambda number: -_missing(self.found[number]))

    def _try_each(self, seconds: float | None) -> None:
        """Try what is not proven for so long; without, for its share of what is left: the first leave theirs."""
        order = self._open()

        def alone(place: int) -> None:
            now = perf_counter()
            if seconds is None:
                self._try(order[place], now + (self._ends - now) * min(self._at_once / (len(order) - place), 1.0))
            elif now < self._ends or self.found[order[place]].values is None:
                self._try(order[place], min(now + seconds, self._ends))

        with ThreadPoolExecutor(self._at_once) as pool:
            list(pool.map(alone, range(len(order))))

    def _try(self, number: int, ends: float) -> None:
        before, watch = self.found[number], self._until.watch.beside(partial(self._sums.heard, number))
        threads = max((cpu_count() or 1) // self._at_once, 1)
        limit = replace(self._until, ends=None if ends == np.inf else ends, watch=watch)
        new = self._alone(self._owners[number], self._programs[number], limit, before.values, threads=threads)
        self.found[number] = found = _better(before, new)
        watch.saw(np.inf if found.objective is None else found.objective, found.bound)


def _missing(one: Outcome) -> float:
    """Give the dollars between a part's plan and its bound."""
    return np.inf if one.objective is None else one.objective - one.bound


def _better(before: Outcome, new: Outcome) -> Outcome:
    """Put together what two tries of one part have found."""
    if new.status in ("optimal", "infeasible"):
        return new
    bound = max(before.bound, new.bound)
    if new.objective is None or (before.objective is not None and before.objective < new.objective):
        new = before
    found = replace(new, bound=bound)
    return replace(found, status="optimal") if found.values is not None and found.within(PROVEN) else found


class _Sums:
    """What is known of all parts together, told whenever one of them tells something."""

    def __init__(self, count: int, watch: Watch) -> None:
        self._best, self._bound, self._watch = np.full(count, np.inf), np.full(count, -np.inf), watch

    def heard(self, number: int, progress: Progress) -> None:
        if progress.best is not None:
            self._best[number] = min(self._best[number], progress.best)
        if progress.bound is not None:
            self._bound[number] = max(self._bound[number], progress.bound)
        self._watch.saw(float(self._best.sum()), float(self._bound.sum()))


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
    inner = replace(matrix, cost=cost).part(kept, left, a[left][:, kept])
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
