"""Lanes of a shape that works as a queue (encode, prefill): the waits and tails its pools can be run at."""

from __future__ import annotations

from collections.abc import Iterator, Set
from math import inf

from pdopt.capacity import prefill
from pdopt.capacity.place import Offer
from pdopt.capacity.pooled import unreachable
from pdopt.capacity.pooled_lanes import pooled_offers
from pdopt.capacity.refusal import Unreachable
from pdopt.capacity.requirements import Requirement, admits, all_minima
from pdopt.capacity.table import Route
from pdopt.fleet.fleet import Target

Tasks = dict[Route, prefill.PrefillTask]
Missed = dict[tuple[Route, Target], Unreachable]


def queue_offers(tasks: Tasks, missed: Missed, dispatch: str) -> Iterator[Offer]:
    """Yield a lane per useful wait (and tail, under either bound on percentiles).

    Under pooled dispatch, those of split dispatch (they hold all the more) and those with one line per pool. `missed`
    takes the best value of every target of a route that no lane can carry.
    """
    bounds = prefill.bounds_for(list(tasks.values()))
    tried: Missed = {}
    wants = [_wants(tasks, bound, len(bounds) > 1, tried) for bound in bounds]
    for wanted in wants:
        for required in filter(prefill.can_run, all_minima(wanted.values())):
            loads = {r: prefill.loads(tasks[r], required) for r, want in wanted.items() if admits(required, want)}
            yield Offer(_limits(required), loads)
    reached: Set[Route] = {route for wanted in wants for route in wanted}
    if dispatch == "pooled":  # reaches all that split dispatch does
        yield from pooled_offers(tasks)
        tried = {(route, why.target): why for route, task in tasks.items() for why in unreachable(task)}
        reached = tasks.keys() - {route for route, _ in tried}
    missed.update({key: why for key, why in tried.items() if key[0] not in reached})


def _wants(tasks: Tasks, bound: prefill.TailBound, tails: bool, missed: Missed) -> dict[Route, Requirement]:
    """Give what each route asks under one bound; keep the best value of every target that is missed."""
    wanted = {}
    for route, task in tasks.items():
        if bound.holds_for(task):
            try:
                wanted[route] = prefill.requirement(task, bound, tails)
            except Unreachable:
                for why in prefill.unreachable(task, bound):
                    best = missed.setdefault((route, why.target), why)
                    if why.best_s < best.best_s:
                        missed[route, why.target] = why
    return wanted


def _limits(required: Requirement) -> tuple[str, ...]:
    mean = ("mean wait",) if required[0] < inf else ()
    return (*mean, "wait percentile") if len(required) > 1 and required[1] < 0 else mean
