"""Plans: from blocks at other prices, from joining what there is, and from settling LLM after LLM."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from pdopt.program.matrix import Floats, Matrix
from pdopt.solving.decomposed.apart import run_apart
from pdopt.solving.decomposed.beginning import rounded
from pdopt.solving.decomposed.corners import Corner, exceeding, settle
from pdopt.solving.decomposed.pricing import Asked, Effort, collect
from pdopt.solving.decomposed.state import Search
from pdopt.solving.highs import Outcome

VARIED = Effort(5.0, 5e-3, 100)  # of a block at other prices
FIRST, SETTLED = Effort(5.0, 2e-2, 50), Effort(5.0, 2e-3, 200)  # of settling a block in the first pass, and later
SPREADS = (0.03, 0.06, 0.12, 0.25)  # of the logarithm of prices, where plans of other mixes are wanted
AT_FIRST = 2  # as many in the first cycle
VARYING = 0.25  # part of the time that plans at other prices may take in a cycle
JOINING = 0.15  # part of what is left that one choice among the plans may take


def vary(search: Search) -> None:
    """Add plans that would be cheapest if prices were a little other, other for each block: joining needs choice."""
    if search.heavy:
        return
    sizes = len(search.split.blocks), len(search.prices)
    until = perf_counter() + VARYING * (search.ends - search.began)
    around = Asked(search.prices, 1.0) if search.cycle == 0 or search.exhausted else search.sharpest
    for number, spread in enumerate(SPREADS * (AT_FIRST if search.cycle == 0 else 1)):
        if search.done() or perf_counter() > until:
            return
        other = around.prices * np.exp(np.random.default_rng((search.cycle, number)).normal(0.0, spread, sizes))
        tasks = [(block, Asked(prices, around.weight)) for block, prices in enumerate(other)]
        collect(search.workers, search.master, tasks, VARIED._replace(ends=search.ends))


def sweep(search: Search, relaxed: Floats) -> None:
    """Settle block after block, the others as they are (at first as in the relaxation), and keep what that gives.

    As long as there is no plan, only where rows are exceeded.
    """
    before, effort = search.latest, SETTLED
    if before is None:
        before, effort = rounded(search.split, relaxed), FIRST
    effort = effort._replace(ends=search.ends)
    some = search.corners if search.best is not None else exceeding(search.split, search.corners, before)
    values = before
    for found in search.workers.threads.map(lambda slot: _settled(search, slot, before, effort), some):
        changed = found != before
        values = np.where(changed, found, values)
        search.master.add_parts(found)
    search.note(values)
    join(search)


def join(search: Search, shared: Floats | None = None, seconds: float | None = None) -> None:
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
