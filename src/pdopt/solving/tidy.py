"""From a cheapest solution to a tidy one: no idle instance, and work spread evenly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import bmat, csc_array

from pdopt.capacity.table import LaneTable, Route
from pdopt.plan.assemble import Decision
from pdopt.program.matrix import Matrix
from pdopt.solving.highs import Outcome, run

Floats = npt.NDArray[np.float64]
SECONDS = 5.0


def tidy(table: LaneTable, matrix: Matrix, outcome: Outcome, time_limit_s: float | None = None) -> Decision:
    """Give the decision of a solution that costs no more and uses the fewest GPUs, evenly loaded.

    Cheapest solutions are many: rented nodes may hold idle instances, and routes may fill one pool and leave another
    empty. With the nodes fixed, the fewest GPUs are sought; with these fixed too, the smallest load per pool.
    """
    assert outcome.values is not None
    seconds = SECONDS if time_limit_s is None else min(SECONDS, max(time_limit_s / 10, 0.5))
    fewest = _fewest_gpus(table, matrix, outcome.values, seconds)
    values = _even_load(table, matrix, fewest)
    instances = {name: round(float(fewest[column])) for name, column in matrix.columns("Instances").items()}
    routed: dict[str, dict[Route, float]] = {lane.name: {} for lane in table.lanes}
    for (lane, workload, handover), column in matrix.columns("Routed_rps").items():
        routed[lane][Route(workload, handover)] = max(float(values[column]), 0.0)
    return Decision(instances, routed, outcome.bound, outcome.status == "optimal")


def _fixed(matrix: Matrix, columns: Iterable[int], values: Floats) -> Matrix:
    lower, upper = matrix.lower.copy(), matrix.upper.copy()
    for column in columns:
        lower[column] = upper[column] = round(float(values[column]))
    return replace(matrix, lower=lower, upper=upper)


def _fewest_gpus(table: LaneTable, matrix: Matrix, values: Floats, seconds: float) -> Floats:
    gpus = {lane.name: lane.shape.gpus for lane in table.lanes}
    cost = np.zeros(len(matrix.cost))
    for name, column in matrix.columns("Instances").items():
        cost[column] = gpus[name]
    fixed = _fixed(replace(matrix, cost=cost), matrix.columns("Nodes").values(), values)
    found = run(fixed, time_limit_s=seconds, start=values).values
    return values if found is None else found


def _even_load(table: LaneTable, matrix: Matrix, values: Floats) -> Floats:
    """Routes that minimise, for each LLM, its largest load per instance, and then that of each of its roles."""
    counts = matrix.columns("Instances")
    whole = [*matrix.columns("Nodes").values(), *counts.values(), *matrix.columns("Used").values()]
    fixed = _fixed(matrix, whole, values)
    roles = sorted({(lane.llm, lane.role) for lane in table.lanes})
    llms = sorted({llm for llm, _ in roles})
    peaks = np.zeros((fixed.a.shape[0], len(roles) + len(llms)))
    a = fixed.a.tolil()
    for lane in table.lanes:
        for limit in range(len(lane.limits)):
            row = fixed.row_of["load_within_instances", (lane.name, limit)]
            a[row, counts[lane.name]] = 0.0
            peaks[row, roles.index((lane.llm, lane.role))] = -round(float(values[counts[lane.name]]))
    below = np.zeros((len(roles), len(roles) + len(llms)))  # the peak of a role is at most that of its LLM
    for i, (llm, _) in enumerate(roles):
        below[i, i], below[i, len(roles) + llms.index(llm)] = 1.0, -1.0
    width, height = peaks.shape[1], len(roles)
    spread = replace(
        fixed,
        a=csc_array(bmat([[a.tocsc(), peaks], [None, below]])),
        cost=np.concatenate([np.zeros(len(fixed.cost)), np.full(len(roles), 0.01), np.ones(len(llms))]),
        lower=np.concatenate([fixed.lower, np.zeros(width)]),
        upper=np.concatenate([fixed.upper, np.full(width, 1.0 + 1e-9)]),
        whole=np.zeros(len(fixed.cost) + width, dtype=bool),
        unit=np.concatenate([fixed.unit, np.ones(width)]),
        row_lower=np.concatenate([fixed.row_lower, np.full(height, -np.inf)]),
        row_upper=np.concatenate([fixed.row_upper, np.zeros(height)]),
    )
    found = run(spread).values
    return values if found is None else found
