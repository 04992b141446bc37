"""A bound from the blocks at good prices, and plans from joining and improving what they give."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from os import cpu_count
from time import perf_counter

import numpy as np

from pdopt.capacity.covering import most_nodes
from pdopt.capacity.table import LaneTable
from pdopt.program.matrix import Floats, Matrix
from pdopt.solving.decomposed.blocks import Split, split
from pdopt.solving.decomposed.bound import cheapest, lagrangian
from pdopt.solving.decomposed.elastic import excess, whole
from pdopt.solving.decomposed.master import Master
from pdopt.solving.decomposed.sweep import Corner, corners, sweep
from pdopt.solving.highs import PROVEN, Outcome, solve_relaxed

PRICING = 0.25  # part of the time after which no further prices are tried
JOINING = 0.15  # part of what is left that one choice among the plans may take
FINE = 2e-3  # gap of the blocks, where none is asked for
BLOCK_SECONDS = 5.0
ROUGH = (0.3, 0.02)  # seconds and gap of a block in the first pass
IN_VAIN = 3  # rounds of prices that may bring no better bound
BOX = 0.2  # part of a price that it may rise by in one round


@dataclass
class Search:
    """What is known of a program that is solved by its blocks: a bound, prices, plans, the best solution."""

    split: Split
    most: Floats
    gap: float
    started: float
    ends: float
    threads: ThreadPoolExecutor
    master: Master = field(init=False)
    bound: float = -np.inf
    best: Floats | None = None

    def __post_init__(self) -> None:
        self.master = Master(self.split)
        self.fines = _fines(self.split)
        self.usual = _usual(self.split)

    @property
    def left_s(self) -> float:
        """Seconds left, at least a little."""
        return max(self.ends - perf_counter(), 0.2)

    def cost(self, values: Floats) -> float:
        """Give the dollars of a solution, and the fines where it exceeds linking rows."""
        full = self.split.whole
        return float(full.cost @ values + self.fines @ excess(full, values))

    def close(self) -> bool:
        """Whether the gap asked for is reached."""
        if self.best is None or not np.isfinite(self.bound):
            return False
        return self.cost(self.best) - self.bound <= max(self.gap, PROVEN) * abs(self.bound)

    def note(self, values: Floats) -> None:
        """Keep a whole solution that exceeds nothing, if it is the best."""
        if excess(self.split.whole, values).any() or not whole(self.split.whole, values):
            return
        if self.best is None or self.cost(values) < self.cost(self.best):
            self.best = values


def solve_decomposed(table: LaneTable, matrix: Matrix, time_limit_s: float | None, gap: float) -> Outcome:
    """Minimise a matrix by its blocks.

    The duals of the linear relaxation price the linking rows. Each block alone, solved at these prices, gives a bound
    (Lagrangian relaxation) and a plan; a master finds better prices (column generation). Then the plans are joined, and
    improved block by block, until the gap or the time limit is reached.
    """
    started = perf_counter()
    relaxed = solve_relaxed(matrix)
    if relaxed is None:
        return Outcome("infeasible", None, None, np.inf)
    parts = split(table, matrix)
    ends = started + (3600.0 if time_limit_s is None else time_limit_s)
    with ThreadPoolExecutor(cpu_count() or 1) as threads:
        search = Search(parts, _most(table, parts), gap, started, ends, threads)
        _price(search, relaxed[1][parts.linking])
        if search.bound < np.inf:  # else a block alone is impossible
            _improve(search, _rounded(parts, relaxed[0]))
    return _outcome(search)


def _outcome(search: Search) -> Outcome:
    if search.bound == np.inf:
        return Outcome("infeasible", None, None, np.inf)
    if search.best is None:
        return Outcome("unknown", None, None, search.bound)
    objective = float(search.split.whole.cost @ search.best)
    proven = objective - search.bound <= PROVEN * abs(objective)
    return Outcome("optimal" if proven else "feasible", search.best, objective, min(search.bound, objective))


def _price(search: Search, prices: Floats) -> None:
    """Solve all blocks at the relaxation's prices, then at better ones while that pays and there is time."""
    until = search.started + PRICING * (search.ends - search.started)
    centre, fine = prices, search.gap / 8 if search.gap else FINE
    in_vain = 0
    while in_vain < IN_VAIN:
        began, at = perf_counter(), prices
        found = list(
            search.threads.map(lambda block, at=at: cheapest(block, at, BLOCK_SECONDS, fine), search.split.blocks)
        )
        bound = lagrangian(search.split, prices, found, search.most)
        in_vain = 0 if bound > search.bound else in_vain + 1
        if bound > search.bound:
            search.bound, centre = bound, prices
        for number, outcome in enumerate(found):
            if outcome.values is not None:
                search.master.add(number, outcome.values)
        if perf_counter() + (perf_counter() - began) > until:
            return
        edge = (1 + BOX) * abs(centre) + BOX * search.usual
        newest = search.master.prices(edge)
        if newest is None:
            return
        prices = 0.5 * centre + 0.5 * newest


def _improve(search: Search, values: Floats) -> None:
    """Settle block after block, the others as they are (at first as in the relaxation), and join what that gives."""
    by_slot = corners(search.split)
    effort = ROUGH
    while True:
        before = values
        for found in search.threads.map(lambda some, at=before, by=effort: _settled(search, some, at, by), by_slot):
            values = np.where(found != before, found, values)
            search.master.add_parts(found)
        search.note(values)
        if search.close() or perf_counter() > search.ends:
            return
        effort = (BLOCK_SECONDS / 5, max(search.gap / 4, FINE))
        joined = search.master.choose(search.fines, JOINING * search.left_s, search.gap / 4)
        if joined is not None and search.cost(joined) < search.cost(values):
            values = joined
        search.note(values)
        less = search.cost(before) - search.cost(values)
        if whole(search.split.whole, before) and less < 1e-5 * abs(search.cost(values)):
            return


def _rounded(parts: Split, relaxed: Floats) -> Floats:
    """Give the relaxation's values, commitments and the like rounded; what belongs to slots is counted when settled."""
    shared = np.zeros(len(relaxed), dtype=bool)
    shared[parts.shared] = True
    return np.where(shared & parts.whole.whole, np.round(relaxed), relaxed)


def _settled(search: Search, of_slot: list[Corner], values: Floats, effort: tuple[float, float]) -> Floats:
    if perf_counter() > search.ends:
        return values
    return sweep(search.split, of_slot, values, search.fines, effort)


def _fines(parts: Split) -> Floats:
    """Give what exceeding a linking row by one costs: more than anything that may be bought instead; 0 for others."""
    found = np.zeros(parts.whole.a.shape[0])
    found[parts.linking] = 3 * float(parts.whole.cost.max(initial=1.0))
    return found


def _usual(parts: Split) -> Floats:
    """Give what one more unit of each linking row costs by the cheapest of its counts (1, where nothing is bought)."""
    links, cost = abs(parts.shared_links), parts.whole.cost[parts.shared]
    usual = np.full(len(parts.linking), np.inf)
    for column in np.flatnonzero(cost > 0):
        rows = links.indices[links.indptr[column] : links.indptr[column + 1]]
        terms = links.data[links.indptr[column] : links.indptr[column + 1]]
        usual[rows] = np.minimum(usual[rows], cost[column] / terms)
    return np.where(np.isfinite(usual), usual, 1.0)


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
