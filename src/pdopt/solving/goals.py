"""One goal after the other: value by priority under a budget, GPUs on SKUs not preferred, the cost, starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from scipy.sparse import csc_array, vstack

from pdopt.capacity.table import LaneTable
from pdopt.program.matrix import Floats, Matrix
from pdopt.solving.decomposed.owners import Owners, owners_of
from pdopt.solving.decomposed.search import solve_decomposed
from pdopt.solving.highs import Outcome, run
from pdopt.solving.parts import solve_parts
from pdopt.solving.watch import COST, ELSEWHERE, VALUE, Until, Watch

SECONDS = 20.0  # for ties at the same cost
SMALL = 400  # whole columns up to which the whole is tried first
FEWEST_BLOCKS = 6  # LLMs and slots: with fewer, the blocks are hardly easier than the whole
SHORT_S = 0.1  # in which nothing but the whole can be tried
MOMENT_S, MOMENT = 3.0, 0.3  # seconds, and part of the time, that the whole is tried for before its blocks are
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


def reach(table: LaneTable, matrix: Matrix, until: Until) -> Reached:
    """Serve the most value, the first priority first, keep to preferred SKUs, then minimise the cost.

    Without a budget and without a preference just the latter. Among the cheapest plans, the fewest starts are sought.
    """
    value, value_bound, proven, start = 0.0, 0.0, True, None
    until.watch.solving = True
    for goal, named in _before_cost(matrix):
        until.watch.goal = named
        outcome = _minimise(table, replace(matrix, cost=goal), until, start)
        if outcome.values is None or outcome.objective is None:
            return Reached(replace(outcome, bound=-np.inf), matrix)  # nothing is known of the cost
        if named == VALUE:
            value, value_bound = value - outcome.objective, value_bound - outcome.bound
        proven = proven and outcome.status == "optimal"
        matrix, start = keeping(matrix, goal, outcome.objective), outcome.values
    until.watch.goal = COST
    outcome = _minimise(table, matrix, until, start)
    if not proven and outcome.status == "optimal":
        outcome = replace(outcome, status="feasible")
    return _with_fewest_starts(Reached(outcome, matrix, value, value_bound), until)


def _with_fewest_starts(reached: Reached, until: Until) -> Reached:
    """Among plans that cost as little, take one that starts the fewest instances against those that run now."""
    goal, cheapest = reached.matrix.fewest_starts, reached.outcome.values
    if goal is None or cheapest is None:
        return reached
    as_cheap = keeping(reached.matrix, reached.matrix.cost, float(reached.matrix.cost @ cheapest))
    seconds = min(until.left_s(known=True) or SECONDS, SECONDS)
    found = run(replace(as_cheap, cost=goal), seconds, start=cheapest, watch=until.watch.unheard).values
    values = cheapest if found is None else found
    kept = keeping(reached.matrix, goal, float(goal @ values))
    return replace(reached, outcome=replace(reached.outcome, values=values), matrix=kept)


def _before_cost(matrix: Matrix) -> Iterator[tuple[Floats, str]]:
    yield from ((goal, VALUE) for goal in matrix.values)
    if matrix.elsewhere is not None:
        yield matrix.elsewhere, ELSEWHERE


def _minimise(table: LaneTable, matrix: Matrix, until: Until, start: Floats | None) -> Outcome:
    """Minimise as a whole, or by blocks where that is too large; what is known stays known when the time is up."""
    outcome = _by_size(table, matrix, until, start)
    if outcome.values is None and outcome.status != "infeasible" and start is not None:
        return Outcome("feasible", start, float(matrix.cost @ start), outcome.bound)
    return outcome


def minimise(table: LaneTable, matrix: Matrix, time_limit_s: float | None, gap: float, start: Floats | None) -> Outcome:
    """Minimise the cost alone, from a solution that need not be possible; it is then left aside."""
    ends = None if time_limit_s is None else perf_counter() + time_limit_s
    return _by_size(table, matrix, Until(ends, gap, Watch()), start)


def _by_size(table: LaneTable, matrix: Matrix, until: Until, start: Floats | None) -> Outcome:
    """Solve part by part what falls apart, each by its size."""
    owners = owners_of(table, matrix)
    if until.method == "auto" and start is None:
        apart = solve_parts(owners, matrix, until, _alone)
        if apart is not None and (apart.values is not None or apart.status == "infeasible"):
            return apart
    return _alone(owners, matrix, until, start)


def _alone(
    owners: Owners, matrix: Matrix, until: Until, start: Floats | None = None, *, threads: int | None = None
) -> Outcome:
    """Solve as a whole what is small; by blocks what is large, or is not solved as a whole in a moment."""
    seconds, blocks = until.left_s(known=start is not None), len(set(owners.block[owners.block >= 0]))
    short = seconds is not None and seconds < SHORT_S
    few = blocks < FEWEST_BLOCKS or bool(owners.starts.any())  # what is started joins slots, so that blocks say little
    if until.method == "whole" or (until.method == "auto" and (short or few)):
        return run(matrix, seconds, until.gap, start, watch=until.watch)
    known = None if start is None else Outcome("feasible", start, float(matrix.cost @ start), -np.inf)
    if until.method == "auto" and int(matrix.whole.sum()) < SMALL:
        moment = MOMENT_S if seconds is None else min(MOMENT_S, MOMENT * seconds)
        known = run(matrix, moment, until.gap, start, watch=until.watch)
        if _settled(known, until):
            return known
    outcome = solve_decomposed(owners, matrix, until, known, threads)
    if _settled(outcome, until) or (outcome.values is not None and until.ends is not None):
        return outcome
    last = run(matrix, until.left_s(known=True), until.gap, outcome.values, watch=until.watch)
    return last if last.bound > outcome.bound else replace(last, bound=outcome.bound)


def _settled(outcome: Outcome, until: Until) -> bool:
    """Whether nothing is left to do."""
    return until.watch.stopped or outcome.within(until.gap)


def keeping(matrix: Matrix, goal: Floats, reached: float) -> Matrix:
    """Add a row that keeps what a goal has reached."""
    return replace(
        matrix,
        a=csc_array(vstack([matrix.a, goal.reshape(1, -1)])),
        row_lower=np.append(matrix.row_lower, -np.inf),
        row_upper=np.append(matrix.row_upper, reached + KEPT * abs(reached)),
    )
