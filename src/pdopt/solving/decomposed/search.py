"""A bound from the blocks at good prices and the outer program; plans from joining what the blocks give."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from os import cpu_count
from time import perf_counter

import numpy as np

from pdopt.program.matrix import Floats, Matrix
from pdopt.solving.decomposed.apart import Workers, run_apart
from pdopt.solving.decomposed.beginning import fines, flowing, priced, rounded
from pdopt.solving.decomposed.blocks import Split, split
from pdopt.solving.decomposed.corners import Corner, corners, exceeding, settle
from pdopt.solving.decomposed.decide import decide
from pdopt.solving.decomposed.elastic import excess, whole
from pdopt.solving.decomposed.facet import Point, outward
from pdopt.solving.decomposed.master import Master
from pdopt.solving.decomposed.outer import ROOM, Cut, Outer, excluded
from pdopt.solving.decomposed.owners import Owners
from pdopt.solving.decomposed.pricing import Asked, Effort, collect, of_group, price
from pdopt.solving.decomposed.separate import separate
from pdopt.solving.highs import PROVEN, Outcome, solve_relaxed
from pdopt.solving.watch import Until

MOST_SECONDS = 3600.0  # where no limit is given
PRICED = Effort(20.0, 0.0)  # of a block whose cost is to bound: nearly all take a hundredth of that
LEAST_GAP = 1e-4  # of the blocks, where no gap of the whole is asked for
VARIED = Effort(5.0, 5e-3, 100)  # of a block at other prices
FIRST, SETTLED = Effort(5.0, 2e-2, 50), Effort(5.0, 2e-3, 200)  # of settling a block in the first pass, and later
SPREADS = (0.03, 0.06, 0.12, 0.25)  # of the logarithm of prices, where plans of other mixes are wanted
VARYING = 0.1  # part of the time that plans at other prices may take in a cycle
HEAVY = 0.1  # part of the time from which a round of prices is not to be repeated for plans alone
JOINING = 0.15  # part of what is left that one choice among the plans may take
CUTTING = 0.3  # part of the time that cutting may take in a cycle
CUTS = 8  # times that values are cut off in the first cycle, and twice as often in each that follows
IN_VAIN = 3  # cycles that may bring neither a better bound nor a better plan
MENDING = 4  # cycles that are spent on a plan alone, while there is none
LITTLE = 1e-6  # part of the cost that counts as better
SETTLING_S = 5.0
OUTER_S = 3.0  # for values of the outer program, where groups share columns
TWICE = 2  # as many at first
DECIDING = 0.9  # part of what is left that telling whether values are possible may take


@dataclass
class Search:
    """What is known of a program that is solved by its blocks: a bound, prices, plans, the best solution."""

    split: Split
    outer: Outer
    gap: float
    ends: float
    workers: Workers
    prices: Floats
    master: Master = field(init=False)
    bound: float = -np.inf
    best: Floats | None = None
    latest: Floats | None = None  # as best, but it may exceed linking rows, at the fines
    cycle: int = 0
    began: float = field(default_factory=perf_counter)
    exhausted: bool = False
    heavy: bool = False
    joined: int = 0  # plans there were when they were last joined

    def __post_init__(self) -> None:
        self.master = Master(self.split)
        self.fines = fines(self.split)
        self.fine = PRICED._replace(gap=self.gap / 8 or LEAST_GAP)

    @cached_property
    def corners(self) -> list[list[Corner]]:
        """What is settled."""
        return corners(self.split)

    def part(self, seconds: float) -> float:
        """Give which part of the time so many seconds are."""
        return seconds / (self.ends - self.began)

    @property
    def left_s(self) -> float:
        """Seconds left, at least a little."""
        return max(self.ends - perf_counter(), 0.2)

    def cost(self, values: Floats) -> float:
        """Give the dollars of a solution, and the fines where it exceeds linking rows."""
        full = self.split.whole
        return float(full.cost @ values + self.fines @ excess(full, values))

    def done(self) -> bool:
        """Whether the gap asked for is reached, or the time is up."""
        if perf_counter() > self.ends or self.bound == np.inf or self.workers.watch.stopped:
            return True
        return self.best is not None and self.cost(self.best) - self.bound <= max(self.gap, PROVEN) * abs(self.bound)

    def note(self, values: Floats | None) -> None:
        """Keep a whole solution, if it is the best; as a plan only if it exceeds nothing."""
        if values is None or not whole(self.split.whole, values):
            return
        if self.latest is None or self.cost(values) < self.cost(self.latest):
            self.latest = values
        if excess(self.split.whole, values).any():
            return
        if self.best is None or self.cost(values) < self.cost(self.best):
            self.best = values
            self.master.add_parts(values)
            self.told()

    def raise_to(self, bound: float) -> None:
        """Keep a bound, if it is the highest."""
        if bound > self.bound:
            self.bound = bound
            self.told()

    def told(self) -> None:
        """Tell whoever watches what is known."""
        self.workers.watch.saw(np.inf if self.best is None else self.cost(self.best), self.bound)


def solve_decomposed(
    owners: Owners, matrix: Matrix, until: Until, known: Outcome | None = None, threads: int | None = None
) -> Outcome:
    """Minimise a matrix by its blocks, with so many threads: as many as there are processors where it is left out.

    The duals of the linear relaxation price the linking rows. Each block alone, solved at these prices, gives a bound
    (Lagrangian relaxation) and a plan; plans at other prices are added, and the cheapest choice among all is taken.
    Then the outer program and the blocks in turn raise the bound, and find more plans, until the gap or the limit is
    reached. What is `known` is where it starts from.
    """
    apart = separate(matrix)
    relaxed = solve_relaxed(apart)
    if relaxed is None:
        return Outcome("infeasible", None, None, np.inf)
    parts = split(owners, apart)
    count = threads or cpu_count() or 1
    with ThreadPoolExecutor(count) as pool:
        workers = Workers(pool, count, until.watch)
        outer = Outer(parts, owners.most[parts.shared], workers)
        ends = perf_counter() + MOST_SECONDS if until.ends is None else until.ends
        search = Search(parts, outer, until.gap, ends, workers, priced(parts, relaxed[1]))
        if known is not None:
            search.raise_to(known.bound)
            search.note(None if known.values is None else flowing(apart, known.values))
        _search(search, relaxed[0])
    return _outcome(search)


def _outcome(search: Search) -> Outcome:
    if search.bound == np.inf:
        return Outcome("infeasible", None, None, np.inf)
    if search.best is None:
        return Outcome("unknown", None, None, search.bound)
    objective = float(search.split.whole.cost @ search.best)
    proven = objective - search.bound <= PROVEN * abs(objective)
    return Outcome("optimal" if proven else "feasible", search.best, objective, min(search.bound, objective))


def _search(search: Search, relaxed: Floats) -> None:
    search.raise_to(float(search.split.whole.cost @ relaxed) * (1 - ROOM))
    _first_round(search)
    in_vain = 0
    while not search.done() and in_vain < IN_VAIN:
        before = search.bound, search.best
        if search.cycle == 0 or search.exhausted:
            _vary(search)
        _join(search)
        if search.best is None or in_vain or len(search.split.groups) > 1:
            _sweep(search, relaxed)
        search.cycle += 1
        if search.best is None and search.cycle < MENDING:
            continue
        _close_in(search, CUTS << search.cycle, perf_counter() + CUTTING * (search.ends - search.began))
        in_vain = 0 if _better(search, *before) or not search.exhausted else in_vain + 1


def _first_round(search: Search) -> None:
    """Solve all blocks at the relaxation's prices."""
    began = perf_counter()
    asked = {
        group: Asked(of_group(search.split, group, search.prices), 1.0) for group in range(len(search.split.groups))
    }
    _add(search, asked, search.fine)
    search.heavy = search.part(perf_counter() - began) > HEAVY
    _raise_bound(search)


def _better(search: Search, bound: float, best: Floats | None) -> bool:
    if search.best is None:
        return True
    little = LITTLE * abs(search.cost(search.best))
    return best is None or search.cost(best) - search.cost(search.best) > little or search.bound - bound > little


def _add(search: Search, asked: dict[int, Asked], effort: Effort) -> list[Cut]:
    cuts = price(search.workers, search.master, asked, effort)
    if any(cut.at_least == np.inf for cut in cuts):  # a block alone is impossible
        search.raise_to(np.inf)
    else:
        search.outer.cuts.extend(cut for cut in cuts if np.isfinite(cut.at_least))
    return cuts


def _vary(search: Search) -> None:
    """Add plans that would be cheapest if prices were a little other, other for each block: joining needs choice."""
    if search.heavy:
        return
    sizes = len(search.split.blocks), len(search.prices)
    until = perf_counter() + VARYING * (search.ends - search.began)
    for number, spread in enumerate(SPREADS * (TWICE if search.cycle == 0 else 1)):
        if search.done() or perf_counter() > until:
            return
        other = search.prices * np.exp(np.random.default_rng((search.cycle, number)).normal(0.0, spread, sizes))
        tasks = [(block, Asked(prices, 1.0)) for block, prices in enumerate(other)]
        collect(search.workers, search.master, tasks, VARIED)


def _raise_bound(search: Search) -> tuple[Floats, Floats] | None:
    """Solve the outer program; give its values, None if there are none."""
    if search.bound == np.inf or not search.outer.cuts:
        return None
    below = np.inf if search.best is None else search.cost(search.best) * (1 - PROVEN / 2)
    seconds = search.left_s if len(search.split.groups) == 1 else min(search.left_s, OUTER_S)
    found = search.outer.solve(seconds, search.gap / 4, search.bound, below)
    search.raise_to(min(found.bound, below))
    values = search.outer.relaxed() if found.values is None and found.status != "infeasible" else found.values
    return None if values is None else search.outer.parts(values)


def _close_in(search: Search, times: int, until: float) -> None:
    """Cut off the cheapest values of the outer program until one of them is possible, so many times at most."""
    for _ in range(times):
        if search.done() or perf_counter() > until or search.exhausted:
            return
        values = _raise_bound(search)
        if values is None or search.done():
            return
        if not _cut_off(search, *values):
            before = search.best
            _join(search, values[0], SETTLING_S)
            search.exhausted = search.best is before and not (search.done() or _decided(search, *values))


def _decided(search: Search, shared: Floats, own: Floats) -> bool:
    """Whether values that mixes of plans allow could be told to be possible, the best plan then, or excluded."""
    split, found, before = search.split, np.zeros(len(search.split.whole.cost)), search.best
    found[split.shared] = shared
    for group in range(len(split.groups)):
        watch = search.workers.watch.unheard
        outcome, columns = decide(split, group, shared, search.master.least, DECIDING * search.left_s, watch)
        if outcome.status == "infeasible":
            exclusion = excluded(split, group, shared)
            if exclusion is not None:
                search.outer.excluded.append(exclusion)
            return exclusion is not None
        if outcome.values is None or outcome.objective is None:
            return False
        if outcome.objective > own[group] + LITTLE * max(abs(own[group]), 1.0):
            return False
        found[columns] = outcome.values
    search.note(found)
    return search.best is not before


def _cut_off(search: Search, shared: Floats, own: Floats) -> bool:
    """Whether a cut was found that these values break."""
    towards = _towards(search)
    asking = set(range(len(search.split.groups)))
    while asking and not search.done():
        asked = {}
        for group in asking:
            found = outward(search.master, group, Point(shared, own[group]), Point(towards[0], towards[1][group]))
            if found is not None:
                asked[group] = found
        cuts = _add(search, asked, search.fine)
        if any(cut.missed_by(shared, own) > 2 * ROOM for cut in cuts):
            return True
        asking = set(asked)
    return search.done()


def _towards(search: Search) -> tuple[Floats, Floats]:
    """Give shared values that are enough for all blocks, and more than the blocks of each group cost there."""
    split = search.split
    if search.best is None:
        shared = search.outer.most
        own = [sum(max(c.cost for c in search.master.of_block(b)) for b in group.blocks) for group in split.groups]
    else:
        shared = search.best[split.shared]
        own = [
            sum(float(split.blocks[b].matrix.cost @ search.best[split.blocks[b].columns]) for b in group.blocks)
            for group in split.groups
        ]
    return shared, np.array([cost + 1.0 for cost in own])


def _sweep(search: Search, relaxed: Floats) -> None:
    """Settle block after block, the others as they are (at first as in the relaxation), and keep what that gives.

    As long as there is no plan, only where rows are exceeded.
    """
    before, effort = search.latest, SETTLED
    if before is None:
        before, effort = rounded(search.split, relaxed), FIRST
    some = search.corners if search.best is not None else exceeding(search.split, search.corners, before)
    values = before
    for found in search.workers.threads.map(lambda slot: _settled(search, slot, before, effort), some):
        changed = found != before
        values = np.where(changed, found, values)
        search.master.add_parts(found)
    search.note(values)
    _join(search)


def _join(search: Search, shared: Floats | None = None, seconds: float | None = None) -> None:
    """Take the cheapest choice among all plans; then, what is shared by slots as it is, the cheapest of each slot."""
    count = len(search.master.columns)
    if shared is None and search.joined == count:
        return

    def limited(program: Matrix, gap: float) -> Outcome:
        limit = min(seconds or JOINING * search.left_s, search.left_s)
        return run_apart(search.workers, program, limit, gap)

    search.note(search.master.choose(limited, search.fines, search.gap / 4, shared))
    if shared is None:
        search.joined = count
        if len(search.split.groups) > 1 and search.best is not None:
            kept = np.where(search.split.of_one_group, np.nan, search.best[search.split.shared])
            if not np.isnan(kept).all():
                search.note(search.master.choose(limited, search.fines, search.gap / 4, kept))


def _settled(search: Search, of_slot: list[Corner], values: Floats, effort: Effort) -> Floats:
    """Settle all corners of one slot in turn; give the values of the whole with these replaced."""
    result = values.copy()
    for corner in of_slot:
        if perf_counter() > search.ends or search.workers.watch.stopped:
            break
        result[corner.columns] = settle(search.split, corner, result, search.fines, effort)
    return result
