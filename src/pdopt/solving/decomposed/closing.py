"""The bound: the cheapest values of the outer program are cut off until one of them is possible."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from pdopt.program.matrix import Floats
from pdopt.solving.decomposed.choices import choose, countable
from pdopt.solving.decomposed.decide import At, Limit, decide
from pdopt.solving.decomposed.facet import Point, outward
from pdopt.solving.decomposed.outer import ROOM, Aside, Cut, excluded
from pdopt.solving.decomposed.plans import join
from pdopt.solving.decomposed.pricing import Asked, price
from pdopt.solving.decomposed.state import Search
from pdopt.solving.highs import PROVEN

SETTLING_S = 5.0
OUTER_S = 1.0  # for values of the outer program, where groups share columns
DECIDING = 0.5  # part of what is left that telling whether values are possible may take
DECIDED = 100  # nodes of the solver's search that it may take at first
GIVEN_UP = 10**8  # nodes after which more would not help
LONGER = 4  # times as many each time that it is tried again
LITTLE = 1e-6  # part of a cost that counts as more


def close_in(search: Search, times: int, until: float) -> None:
    """Cut off the cheapest values of the outer program until one of them is possible, so many times at most."""
    for _ in range(times):
        if search.done() or perf_counter() > until or search.exhausted:
            return
        values = raise_bound(search)
        if search.done():
            return
        if values is None:  # nothing is left but what was put aside
            if not search.outer.aside:
                return
            one = min(search.outer.aside, key=lambda aside: aside.bound)
            _decided_later(search, one)
            search.exhausted = one.nodes >= GIVEN_UP and one in search.outer.aside
        elif not _cut_off(search, *values):
            before = search.best
            join(search, values[0], SETTLING_S)
            search.exhausted = search.best is before and not (search.done() or _decided(search, *values, DECIDED))


def raise_bound(search: Search) -> tuple[Floats, Floats] | None:
    """Solve the outer program; give its values, None if there are none."""
    if search.bound == np.inf or not search.outer.cuts:
        return None
    below = np.inf if search.best is None else search.cost(search.best) * (1 - PROVEN / 2)
    seconds = search.left_s if len(search.split.groups) == 1 else min(search.left_s, OUTER_S)
    found = search.outer.solve(seconds, search.gap / 4, below)
    search.raise_to(min(found.bound, below, *(one.bound for one in search.outer.aside)))
    values = search.outer.relaxed() if found.values is None and found.status != "infeasible" else found.values
    return None if values is None else search.outer.parts(values)


def add(search: Search, asked: dict[int, Asked], ends: float = np.inf) -> list[Cut]:
    """Solve the blocks of some groups at prices; keep their plans and what follows for all plans."""
    effort = search.fine._replace(ends=min(ends, search.ends))
    cuts = price(search.workers, search.master, asked, effort)
    if any(cut.at_least == np.inf for cut in cuts):  # a block alone is impossible
        search.raise_to(np.inf)
    else:
        search.outer.cuts.extend(cut for cut in cuts if np.isfinite(cut.at_least))
    return cuts


def _decided(search: Search, shared: Floats, own: Floats, nodes: int) -> bool:
    """Whether it is settled, at least for now, what comes of values that mixes of plans allow.

    They have a plan, the best then; or none, and are excluded. If that takes too long they are put aside.
    """
    split, found, before = search.split, np.zeros(len(search.split.whole.cost)), search.best
    found[split.shared] = shared
    for group in range(len(split.groups)):
        exclusion = excluded(split, group, shared)
        later = exclusion is not None and len(split.groups) == 1
        at, limit = At(shared, search.prices), Limit(DECIDING * search.left_s, nodes if later else None)
        outcome, columns = decide(split, group, at, search.master.least, limit, search.workers)
        if exclusion is not None and outcome.status == "infeasible":
            search.outer.excluded.append(exclusion)
            return True
        if exclusion is not None and later and outcome.values is None:
            one = Aside(search.bound, shared, own, nodes, exclusion)
            search.outer.aside.append(one)
            if countable(split, group):
                _decided_later(search, one)
            return True
        if outcome.values is None or outcome.objective is None:
            return False
        if outcome.objective > own[group] + LITTLE * max(abs(own[group]), 1.0):
            return False
        found[columns] = outcome.values
    search.note(found)
    return search.best is not before


def _decided_later(search: Search, one: Aside) -> None:
    """Decide on what was put aside, with more time; where what blocks take can be counted, by writing that out."""
    split, master = search.split, search.master
    one.nodes *= LONGER
    limit = Limit(DECIDING * search.left_s, one.nodes)
    if countable(split, 0):
        outcome, columns, plans = choose(split, 0, one.shared, search.outer.cuts, limit, search.workers)
        for block, some in plans.items():
            for values in some:
                master.add(block, values)
        join(search)
    else:
        outcome, columns = decide(split, 0, At(one.shared, search.prices), master.least, limit, search.workers)
    if outcome.values is not None:
        found = np.zeros(len(split.whole.cost))
        found[split.shared], found[columns] = one.shared, outcome.values
        search.note(found)
        noted = search.best is not None and search.cost(search.best) <= search.cost(found)
        if noted and outcome.status == "optimal":  # nothing cheaper is there
            search.outer.aside.remove(one)
    elif outcome.status == "infeasible":
        search.outer.excluded.append(one.exclusion)
        search.outer.aside.remove(one)


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
        known = len(search.master.columns)
        cuts = add(search, asked)
        if any(cut.missed_by(shared, own) > 2 * ROOM for cut in cuts):
            if len(search.split.groups) == 1:
                search.sharpest = asked[0]
            return True
        if len(search.master.columns) == known:  # the same would be asked again
            return False
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
