"""From a cheapest solution to a tidy one: no idle instance, and work spread evenly."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import bmat, csc_array, csr_array, lil_array

from pdopt.capacity.table import LaneTable, Route
from pdopt.plan.decision import Decision
from pdopt.program.matrix import Matrix
from pdopt.solving.fewest_pools import fewest_pools
from pdopt.solving.highs import Outcome, run

Floats = npt.NDArray[np.float64]
KEPT = 1e-9  # of a count, more than a solution has
NEARLY = 1e-5  # from a whole number, as a solver's tolerances leave it
SECONDS, PART = 3.0, 0.05  # at most, of the time limit: it is about plans that cost the same


def tidy(table: LaneTable, matrix: Matrix, outcome: Outcome, time_limit_s: float | None = None) -> Decision:
    """Give the decision of a solution that costs no more and uses the fewest GPUs, evenly loaded.

    Cheapest solutions are many: rented nodes may hold idle instances, and routes may fill one pool and leave another
    empty. With the nodes fixed, the fewest GPUs are sought; with these fixed too, the smallest load per pool.
    """
    assert outcome.values is not None
    seconds = SECONDS if time_limit_s is None else min(max(PART * time_limit_s, 0.5), SECONDS)
    kept = _no_dearer(matrix, outcome.values)
    fewest = fewest_pools(table, kept, _fewest_gpus(table, kept, outcome, seconds), seconds)
    values = _even_load(table, matrix, fewest)
    routed: dict[tuple[str, str], dict[Route, float]] = {
        (lane.name, slot.name): {} for lane in table.lanes for slot in table.slots
    }
    for (lane, workload, handover, slot), column in matrix.columns("Routed_rps").items():
        routed[lane, slot][Route(workload, handover)] = max(float(values[column]), 0.0)
    rerouted: dict[tuple[str, str, str], dict[Route, float]] = {}
    for (gone, lane, workload, handover, slot), column in matrix.columns("Rerouted_rps").items():
        rates = rerouted.setdefault((gone, lane, slot), {})
        rates[Route(workload, handover)] = max(float(values[column]), 0.0)
    return Decision(
        instances=_counts(matrix, "Instances", fewest),
        routed_rps=routed,
        rerouted_rps=rerouted,
        rented=_counts(matrix, "Nodes", fewest),
        committed=_counts(matrix, "Committed", fewest),
        on_spot=_counts(matrix, "OnSpot", fewest),
        minimised_per_h=float(matrix.cost @ fewest),
        bound_per_h=outcome.bound,
        proven=outcome.status == "optimal",
    )


def _no_dearer(matrix: Matrix, values: Floats) -> Matrix:
    """Let no column grow that costs something: a row of the costs would join everything, which HiGHS is slow with."""
    counts = np.where(abs(values - np.round(values)) < NEARLY, np.round(values), values)  # of what is started, too
    lower, upper = np.minimum(values, counts) - KEPT, np.maximum(values, counts) + KEPT
    return replace(
        matrix,
        lower=np.where(matrix.cost < 0, np.maximum(lower, matrix.lower), matrix.lower),
        upper=np.where(matrix.cost > 0, np.minimum(upper, matrix.upper), matrix.upper),
    )


def _counts(matrix: Matrix, variable: str, values: Floats) -> dict[Any, int]:
    return {index: round(float(values[column])) for index, column in matrix.columns(variable).items()}


def _fixed(matrix: Matrix, columns: Iterable[int], values: Floats) -> Matrix:
    lower, upper = matrix.lower.copy(), matrix.upper.copy()
    for column in columns:
        lower[column] = upper[column] = round(float(values[column]))
    return replace(matrix, lower=lower, upper=upper)


def _fewest_gpus(table: LaneTable, matrix: Matrix, outcome: Outcome, seconds: float) -> Floats:
    assert outcome.values is not None
    gpus = {lane.name: lane.shape.gpus for lane in table.lanes}
    cost = np.zeros(len(matrix.cost))
    for (name, _), column in matrix.columns("Instances").items():
        cost[column] = gpus[name]
    rented = [*matrix.columns("Nodes").values(), *matrix.columns("Committed").values()]
    fixed = _fixed(replace(matrix, cost=cost), rented, outcome.values)
    found = run(fixed, time_limit_s=seconds, start=outcome.values).values
    return outcome.values if found is None else found


def _even_load(table: LaneTable, matrix: Matrix, values: Floats) -> Floats:
    """Give routes that minimise, per LLM and slot, the largest load per instance, and then that of each role.

    Nothing beyond what must be served is routed, not even where it would leave the largest load as it is.
    """
    counts = matrix.columns("Instances")
    fixed = _fixed(_served_exactly(matrix), np.flatnonzero(matrix.whole).tolist(), values)
    slots = [slot.name for slot in table.slots]
    roles = [(slot, *pair) for slot in slots for pair in sorted({(lane.llm, lane.role) for lane in table.lanes})]
    llms = list(dict.fromkeys((slot, llm) for slot, llm, _ in roles))
    place = {key: i for i, key in enumerate([*roles, *llms])}
    sized = {*fixed.columns("Sized").values(), *fixed.columns("SizedBeyond").values()}
    rows = csr_array(fixed.a, copy=True)
    peaks: list[tuple[int, int, float]] = []
    for lane in table.lanes:
        for limit in range(len(lane.limits)):
            for slot in slots:
                row = fixed.row_of["load_within_instances", (lane.name, limit, slot)]
                counting = sized if lane.sizes else {counts[lane.name, slot]}
                carried = _taken_out(rows, row, counting, values)
                peaks.append((row, place[slot, lane.llm, lane.role], carried if lane.sizes else round(carried)))
    below = lil_array((len(roles), len(place)))  # the peak of a role is at most that of its LLM
    for i, (slot, llm, _) in enumerate(roles):
        below[i, i], below[i, place[slot, llm]] = 1.0, -1.0
    width, height = len(place), len(roles)
    at, of, carried_by = np.array(peaks).reshape(-1, 3).T
    peak = csc_array((carried_by, (at.astype(int), of.astype(int))), shape=(fixed.a.shape[0], width))
    spread = replace(
        fixed,
        a=csc_array(bmat([[rows, peak], [None, below]])),
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


def _served_exactly(matrix: Matrix) -> Matrix:
    """Serve no more than must be; under a budget, where more is worth something, other rows see to that."""
    if matrix.values:
        return matrix
    served = [row for (family, _), row in matrix.row_of.items() if family == "serve_demand"]
    row_upper = matrix.row_upper.copy()
    row_upper[served] = matrix.row_lower[served]
    return replace(matrix, row_upper=row_upper)


def _taken_out(rows: csr_array, row: int, columns: Container[int], values: Floats) -> float:
    """Take some columns out of a row; give what they add to it."""
    found = 0.0
    for place in range(rows.indptr[row], rows.indptr[row + 1]):
        column = int(rows.indices[place])
        if column in columns:
            found += float(rows.data[place] * values[column])
            rows.data[place] = 0.0
    return found
