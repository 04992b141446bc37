"""One goal after the other: value by priority under a budget, GPUs on SKUs not preferred, the cost, starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from scipy.sparse import csc_array, vstack

from pdopt.capacity.table import LaneTable
from pdopt.program.matrix import Floats, Matrix
from pdopt.solving.decomposed.search import solve_decomposed
from pdopt.solving.highs import Outcome, run

SECONDS = 20.0  # for ties at the same cost
LARGE = 3000  # whole columns beyond which HiGHS found no plan of the whole in a minute
LEAST_SECONDS = 5.0
KEPT = 1e-7  # part of a goal that the goals after it may give up: what a solver's tolerances need


@dataclass(frozen=True)
class Reached:
    """What came of all goals.

    Attributes
    ----------
    outcome : Outcome
        Of the last goal, the cost; "optimal" only if all goals were proven.
    matrix : Matrix
        The program with the goals reached as rows.
    value, value_bound : float
        Under a budget: value per second of what is served, and what no plan exceeds.
    """

    outcome: Outcome
    matrix: Matrix
    value: float = 0.0
    value_bound: float = 0.0


def reach(table: LaneTable, matrix: Matrix, time_limit_s: float | None, gap: float) -> Reached:
    """Serve the most value, the first priority first, keep to preferred SKUs, then minimise the cost.

    Without a budget and without a preference just the latter. Among the cheapest plans, the fewest starts are sought.
    """
    ends = None if time_limit_s is None else perf_counter() + time_limit_s
    value, value_bound, proven, start = 0.0, 0.0, True, None
    for goal, is_value in _before_cost(matrix):
        outcome = minimise(table, replace(matrix, cost=goal), _left(ends, start), gap, start)
        if outcome.values is None or outcome.objective is None:
            return Reached(replace(outcome, bound=-np.inf), matrix)  # nothing is known of the cost
        if is_value:
            value, value_bound = value - outcome.objective, value_bound - outcome.bound
        proven = proven and outcome.status == "optimal"
        matrix, start = keeping(matrix, goal, outcome.objective), outcome.values
    outcome = minimise(table, matrix, _left(ends, start), gap, start)
    if outcome.values is None and start is not None:
        outcome = Outcome("feasible", start, float(matrix.cost @ start), outcome.bound)
    if not proven and outcome.status == "optimal":
        outcome = replace(outcome, status="feasible")
    return _with_fewest_starts(Reached(outcome, matrix, value, value_bound), ends)


def _with_fewest_starts(reached: Reached, ends: float | None) -> Reached:
    """Among plans that cost as little, take one that starts the fewest instances against those that run now."""
    goal, cheapest = reached.matrix.fewest_starts, reached.outcome.values
    if goal is None or cheapest is None:
        return reached
    as_cheap = keeping(reached.matrix, reached.matrix.cost, float(reached.matrix.cost @ cheapest))
    seconds = min(_left(ends, cheapest) or SECONDS, SECONDS)
    found = run(replace(as_cheap, cost=goal), seconds, start=cheapest).values
    values = cheapest if found is None else found
    kept = keeping(reached.matrix, goal, float(goal @ values))
    return replace(reached, outcome=replace(reached.outcome, values=values), matrix=kept)


def _before_cost(matrix: Matrix) -> Iterator[tuple[Floats, bool]]:
    yield from ((goal, True) for goal in matrix.values)
    if matrix.elsewhere is not None:
        yield matrix.elsewhere, False


def minimise(table: LaneTable, matrix: Matrix, time_limit_s: float | None, gap: float, start: Floats | None) -> Outcome:
    """Minimise the cost alone: as a whole, or by blocks where the whole is too large to be solved in any useful time.

    A solution to start from need not be possible; it is then left aside.
    """
    if int(matrix.whole.sum()) < LARGE or time_limit_s is None or time_limit_s < LEAST_SECONDS:
        return run(matrix, time_limit_s, gap, start)
    began = perf_counter()
    outcome = solve_decomposed(table, matrix, time_limit_s, gap)
    if outcome.values is not None or outcome.status == "infeasible":
        return outcome
    left_s = max(time_limit_s - (perf_counter() - began), 1.0)
    whole = run(matrix, left_s, gap, start)
    return whole if whole.bound > outcome.bound else replace(whole, bound=outcome.bound)


def keeping(matrix: Matrix, goal: Floats, reached: float) -> Matrix:
    """Add a row that keeps what a goal has reached."""
    return replace(
        matrix,
        a=csc_array(vstack([matrix.a, goal.reshape(1, -1)])),
        row_lower=np.append(matrix.row_lower, -np.inf),
        row_upper=np.append(matrix.row_upper, reached + KEPT * abs(reached)),
    )


def _left(ends: float | None, start: Floats | None) -> float | None:
    """Seconds left; a little more where a solution is known, so that it is not lost."""
    return None if ends is None else max(ends - perf_counter(), 0.01 if start is None else 0.5)
