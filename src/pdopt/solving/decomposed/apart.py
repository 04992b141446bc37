"""Programs that fall into parts which no row joins, such as periods that share nothing: each part alone is easier."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from scipy.sparse import csr_array

from pdopt.program.matrix import Floats, Matrix
from pdopt.solving.decomposed.blocks import Whole, groups_of, joined
from pdopt.solving.highs import Outcome, run
from pdopt.solving.watch import Watch

LEAST_S = 0.2


@dataclass(frozen=True)
class Workers:
    """Threads, how many of them, and who may stop what they do."""

    threads: ThreadPoolExecutor
    count: int
    watch: Watch


def run_apart(workers: Workers, matrix: Matrix, seconds: float, gap: float) -> Outcome:
    """Minimise a matrix part by part; columns whose bounds meet join nothing."""
    fixed = matrix.lower == matrix.upper
    values = np.where(fixed, matrix.lower, 0.0)
    rows = csr_array(matrix.a)
    taken = np.asarray(rows @ values)
    free = np.flatnonzero(~fixed)
    label = joined(rows[:, free])
    parts = [free[part] for part in groups_of(label).values()]
    if len(parts) == 1 and not fixed.any():
        return run(matrix, seconds, gap, watch=workers.watch.unheard)
    programs = [_part(matrix, rows, part, taken) for part in parts]
    watch, ends = workers.watch.unheard, perf_counter() + seconds

    def alone(number: int) -> Outcome:  # parts that end early leave their time to the others
        each_s = max((ends - perf_counter()) * workers.count / (len(parts) - number), LEAST_S)
        return run(programs[number], each_s, gap, options={"threads": 1}, watch=watch)

    return _together(matrix, values, parts, list(workers.threads.map(alone, range(len(parts)))))


def _part(matrix: Matrix, rows: csr_array, columns: Whole, taken: Floats) -> Matrix:
    mine = rows[:, columns]
    touched = np.flatnonzero(np.diff(mine.indptr))
    return replace(
        matrix,
        cost=matrix.cost[columns],
        lower=matrix.lower[columns],
        upper=matrix.upper[columns],
        whole=matrix.whole[columns],
        unit=matrix.unit[columns],
        row_lower=matrix.row_lower[touched] - taken[touched],
        row_upper=matrix.row_upper[touched] - taken[touched],
        a=mine[touched].tocsc(),
        column_of={},
        row_of={},
        values=(),
    )


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
