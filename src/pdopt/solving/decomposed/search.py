"""A bound from the blocks at good prices and the outer program; plans from joining what the blocks give."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from time import perf_counter

import numpy as np

from pdopt.program.matrix import Floats, Matrix
from pdopt.solving.decomposed.apart import Workers
from pdopt.solving.decomposed.beginning import flowing, priced, rounded_up
from pdopt.solving.decomposed.blocks import split
from pdopt.solving.decomposed.closing import LITTLE, add, close_in, raise_bound
from pdopt.solving.decomposed.outer import ROOM, Outer
from pdopt.solving.decomposed.owners import Owners
from pdopt.solving.decomposed.plans import join, sweep, vary
from pdopt.solving.decomposed.pricing import Asked, of_group
from pdopt.solving.decomposed.separate import separate
from pdopt.solving.decomposed.state import Search
from pdopt.solving.highs import PROVEN, Outcome, solve_relaxed
from pdopt.solving.watch import Until

MOST_SECONDS = 3600.0  # where no limit is given
ROUNDING = 0.05  # part of the time that nodes for what is rounded up may take
FIRST = 0.4  # part of the time that the first round may take: without plans, a bound is worth little
HEAVY = 0.25  # part of the time from which a round of prices is not to be repeated for plans alone
CUTTING = 0.3  # part of the time that cutting may take in a cycle
CUTS = 8  # times that values are cut off in the first cycle, and twice as often in each that follows
IN_VAIN = 3  # cycles that may bring neither a better bound nor a better plan
MENDING = 4  # cycles that are spent on a plan alone, while there is none


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
    search.note(rounded_up(search.split, relaxed, ROUNDING * search.left_s))
    _first_round(search)
    in_vain = 0
    while not search.done() and in_vain < IN_VAIN:
        before = search.bound, search.best
        if search.cycle == 0 or search.exhausted or len(search.split.groups) == 1:
            vary(search)
        join(search)
        if search.best is None or in_vain or search.heavy or len(search.split.groups) > 1:
            sweep(search, relaxed)
        search.cycle += 1
        if search.best is None and search.cycle < MENDING:
            continue
        close_in(search, CUTS << search.cycle, perf_counter() + CUTTING * (search.ends - search.began))
        in_vain = 0 if _better(search, *before) or not search.exhausted else in_vain + 1


def _first_round(search: Search) -> None:
    """Solve all blocks at the relaxation's prices."""
    began = perf_counter()
    asked = {
        group: Asked(of_group(search.split, group, search.prices), 1.0) for group in range(len(search.split.groups))
    }
    add(search, asked, began + FIRST * (search.ends - began))
    search.heavy = search.part(perf_counter() - began) > HEAVY
    raise_bound(search)


def _better(search: Search, bound: float, best: Floats | None) -> bool:
    if search.best is None:
        return True
    little = LITTLE * abs(search.cost(search.best))
    return best is None or search.cost(best) - search.cost(search.best) > little or search.bound - bound > little
