"""A bound from the blocks at the relaxation's prices, and plans from joining and improving what they give."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from time import perf_counter

import numpy as np

from pdopt.capacity.covering import most_nodes
from pdopt.capacity.table import LaneTable
from pdopt.program.matrix import Floats, Matrix
from pdopt.solving.decomposed.blocks import Split, split
from pdopt.solving.decomposed.bound import cheapest, lagrangian
from pdopt.solving.decomposed.elastic import excess
from pdopt.solving.decomposed.master import Master
from pdopt.solving.decomposed.sweep import corners, sweep
from pdopt.solving.highs import PROVEN, Outcome, run, solve_relaxed

FINE = 2e-3  # gap of the blocks, where none is asked for
BLOCK_SECONDS = 5.0
SWEEPS = 6

Each = Callable[[Callable[..., object], list[object]], list[object]]


def solve_decomposed(table: LaneTable, matrix: Matrix, time_limit_s: float | None, gap: float) -> Outcome:
    """Minimise a matrix by its blocks.

    The duals of the linear relaxation price the linking rows. Each block alone, solved at these prices, gives a bound
    (Lagrangian relaxation) and a plan; the plans are joined, and improved block by block, until the gap or the time limit is reached.
    """
    ends = perf_counter() + (3600.0 if time_limit_s is None else time_limit_s)
    parts = split(table, matrix)
    relaxed = solve_relaxed(matrix)
    if relaxed is None:
        return Outcome("infeasible", None, None, np.inf)
    prices, fine = relaxed[1][parts.linking], gap / 4 if gap else FINE
    with ThreadPoolExecutor(cpu_count() or 1) as threads:
        alone = list(threads.map(lambda block: cheapest(block, prices, BLOCK_SECONDS, fine), parts.blocks))
        bound = lagrangian(parts, prices, alone, _most(table, parts))
        print('bound',bound,ends-perf_counter())
        master = Master(parts)
        for number, outcome in enumerate(alone):
            if outcome.values is not None:
                master.add(number, outcome.values)
        fines = _fines(parts)
        by_slot = corners(parts)
        values = master.choose(fines, max((ends - perf_counter()) / 10, 0.5), gap / 4)
        best = None
        for number in range(SWEEPS):
            print(number,matrix.cost@values, excess(matrix,values).sum(), len(master.columns),ends-perf_counter(),flush=True)
            if not excess(matrix, values).any():
                best = values
            if perf_counter() > ends or (best is not None and float(matrix.cost @ best) - bound <= gap * abs(bound)):
                break
            before = values
            effort = (BLOCK_SECONDS / 5, 0.01 if number == 0 else 0.003)
            for found in threads.map(lambda some: sweep(parts, some, before, fines, effort), by_slot):
                values = np.where(found != before, found, values)
                master.add_parts(found)
            print(' swept',matrix.cost@values, excess(matrix,values).sum(),ends-perf_counter(),flush=True)
            joined = master.choose(fines, max((ends - perf_counter()) / 6, 0.5), gap / 4)
            if joined is not None and _cost(matrix,joined,fines) < _cost(matrix,values,fines):
                values = joined
    if best is None: return Outcome("unknown", None, None, bound)
    objective = float(matrix.cost @ best)
    proven = objective - bound <= PROVEN * abs(objective)
    return Outcome("optimal" if proven else "feasible", best, objective, min(bound, objective))


def _cost(matrix, values, fines):
    return float(matrix.cost @ values + fines @ excess(matrix, values))


def _fines(parts: Split) -> Floats:
    """Give what exceeding a linking row by one costs: far more than buying one by the dearest of its counts."""
    links, cost = abs(parts.shared_links.tocsc()), parts.whole.cost[parts.shared]
    usual = np.zeros(parts.whole.a.shape[0])
    for column in range(len(parts.shared)):
        rows = links.indices[links.indptr[column] : links.indptr[column + 1]]
        terms = links.data[links.indptr[column] : links.indptr[column + 1]]
        usual[parts.linking[rows]] = np.maximum(usual[parts.linking[rows]], cost[column] / terms)
    usual[parts.linking] = np.where(usual[parts.linking] > 0, 3 * usual[parts.linking], 3 * cost.max())
    return usual


def _most(table: LaneTable, parts: Split) -> Floats:
    """Give the largest counts that shared columns are needed at."""
    most = {node.sku: max(most_nodes(table, node, slot) for slot in table.slots) for node in table.nodes}
    found = np.minimum(parts.whole.upper[parts.shared], 1e9)
    name_of = {column: key for key, column in parts.whole.column_of.items()}
    for i, column in enumerate(parts.shared):
        variable, index = name_of[int(column)]
        if variable in ("Nodes", "Committed", "StartedNodes"):
            found[i] = min(found[i], most[index[0]])
    return found
