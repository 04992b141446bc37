"""Of solutions with the same instances, one with the fewest pools: splits of TTFT make many that are alike."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import bmat, csc_array, diags_array

from pdopt.capacity.table import LaneTable
from pdopt.program.matrix import Matrix
from pdopt.solving.highs import run

Floats = npt.NDArray[np.float64]
Deployments = dict[tuple[object, ...], list[int]]
SECONDS = 5.0


def fewest_pools(table: LaneTable, matrix: Matrix, values: Floats, seconds: float = SECONDS) -> Floats:
    """Move instances between lanes that requests with images share, so that the fewest lanes have any.

    Every deployment keeps its number of instances, and what is rented stays.
    """
    deployments = _deployments(table, matrix)
    columns = [column for some in deployments.values() for column in some]
    if not columns:
        return values
    totals = np.array([sum(round(float(values[c])) for c in some) for some in deployments.values()], dtype=float)
    most = np.repeat(np.maximum(totals, 1.0), [len(some) for some in deployments.values()])
    counting = _counting(_rented_as_is(matrix, values), deployments, totals, most)
    found = run(counting, seconds, start=np.concatenate([values, values[columns] > 0.5])).values
    return values if found is None else found[: len(values)]


def _deployments(table: LaneTable, matrix: Matrix) -> Deployments:
    """Columns of the instances of each deployment and slot, of the stages that split TTFT."""
    encoding = {lane.llm for lane in table.lanes if lane.role == "encode"}
    lanes = {lane.name: lane for lane in table.lanes if lane.llm in encoding and lane.role in ("encode", "prefill")}
    found: Deployments = defaultdict(list)
    for (name, slot), column in matrix.columns("Instances").items():
        if name in lanes:
            found[lanes[name].deployment, slot].append(column)
    return found


def _counting(matrix: Matrix, deployments: Deployments, totals: Floats, most: Floats) -> Matrix:
    """Count the lanes that have instances, deployments keeping theirs; that count is all that costs something."""
    columns = [column for some in deployments.values() for column in some]
    width, height = len(columns), len(deployments)
    instances = csc_array((np.ones(width), (np.arange(width), columns)), shape=(width, matrix.a.shape[1]))
    rows = np.repeat(np.arange(height), [len(some) for some in deployments.values()])
    as_many = csc_array((np.ones(width), (rows, columns)), shape=(height, matrix.a.shape[1]))
    return replace(
        matrix,
        a=csc_array(bmat([[matrix.a, None], [instances, csc_array(diags_array(-most))], [as_many, None]])),
        cost=np.concatenate([np.zeros(len(matrix.cost)), np.ones(width)]),
        lower=np.concatenate([matrix.lower, np.zeros(width)]),
        upper=np.concatenate([matrix.upper, np.ones(width)]),
        whole=np.concatenate([matrix.whole, np.ones(width, dtype=bool)]),
        unit=np.concatenate([matrix.unit, np.ones(width)]),
        row_lower=np.concatenate([matrix.row_lower, np.full(width, -np.inf), totals]),
        row_upper=np.concatenate([matrix.row_upper, np.zeros(width), totals]),
    )


def _rented_as_is(matrix: Matrix, values: Floats) -> Matrix:
    lower, upper = matrix.lower.copy(), matrix.upper.copy()
    for variable in ("Nodes", "Committed"):
        for column in matrix.columns(variable).values():
            lower[column] = upper[column] = round(float(values[column]))
    return replace(matrix, lower=lower, upper=upper)
