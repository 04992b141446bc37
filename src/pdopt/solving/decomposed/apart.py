"""Programs that fall into parts which no row joins, such as periods that share nothing: each part alone is easier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from scipy.sparse import csr_array

from pdopt.program.matrix import Floats, Matrix
from pdopt.solving.decomposed.blocks import groups_of, joined
from pdopt.solving.decomposed.owners import Whole
from pdopt.solving.highs import Option, Outcome, run
from pdopt.solving.watch import Watch

LEAST_S = 0.2


@dataclass(frozen=True)
class Workers:
    """Threads, how many of them, and who may stop what they do."""

    threads: ThreadPoolExecutor
    count: int
    watch: Watch


@dataclass(frozen=True)
class Apart:
    """A matrix in parts that no row joins; columns whose bounds meet join nothing.

    Attributes
    ----------
    columns : list of arrays of columns, those of each part
    programs : list of Matrix
    """

    matrix: Matrix
    columns: list[Whole]
    programs: list[Matrix]

    def together(self, found: Sequence[Outcome]) -> Outcome:
        """Put what was found of all parts together."""
        fixed = self.matrix.lower == self.matrix.upper
        return _together(self.matrix, np.where(fixed, self.matrix.lower, 0.0), self.columns, found)


def take_apart(matrix: Matrix) -> Apart | None:
    """Cut a matrix into its parts; None if it is one."""
    fixed = matrix.lower == matrix.upper
    rows, free = csr_array(matrix.a), np.flatnonzero(~fixed)
    columns = [free[part] for part in groups_of(joined(rows[:, free])).values()]
    if len(columns) == 1 and not fixed.any():
        return None
    taken = np.asarray(rows @ np.where(fixed, matrix.lower, 0.0))
    return Apart(matrix, columns, [_part(matrix, rows, part, taken) for part in columns])


def run_apart(
    workers: Workers, matrix: Matrix, seconds: float, gap: float, options: Mapping[str, Option] | None = None
) -> Outcome:
    """Minimise a matrix part by part."""
    watch, ends = workers.watch.unheard, perf_counter() + seconds
    apart = take_apart(matrix)
    if apart is None:
        return run(matrix, seconds, gap, options=options, watch=watch)
    count = len(apart.programs)

    def alone(number: int) -> Outcome:  # parts that end early leave their time to the others
        each_s = max((ends - perf_counter()) * workers.count / (count - number), LEAST_S)
        return run(apart.programs[number], each_s, gap, options=options, watch=watch)

    return apart.together(list(workers.threads.map(alone, range(count))))


def _part(matrix: Matrix, rows: csr_array, columns: Whole, taken: Floats) -> Matrix:
    mine = rows[:, columns]
    touched = np.flatnonzero(np.diff(mine.indptr))
    return matrix.part(columns, touched, mine[touched], taken[touched])


def _together(matrix: Matrix, values: Floats, parts: Sequence[Whole], found: Sequence[Outcome]) -> Outcome:
    if any(outcome.status == "infeasible" for outcome in found):
        return Outcome("infeasible", None, None, np.inf)
    bound = float(matrix.cost @ values) + sum(outcome.bound for outcome in found)
    if any(outcome.values is None for outcome in found):
        return Outcome("unknown", None, None, bound)
    for part, outcome in zip(parts, found, strict=True):
        values[part] = outcome.values
    proven = all(outcome.status == "optimal" for outcome in found)
    return Outcome("optimal" if proven else "feasible", values, float(matrix.cost @ values), bound)
