"""Lanes of a shape whose pools have one line each: the waits, tails and ranges of services they can be run at."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from pdopt.capacity import pooled
from pdopt.capacity.place import Offer
from pdopt.capacity.prefill import PrefillTask
from pdopt.capacity.refusal import Unreachable
from pdopt.capacity.requirements import Requirement, admits, all_minima
from pdopt.capacity.table import Route

LEAST_STEP = 1e-6  # of a table: where another instance carries next to nothing, nothing is carried


def pooled_offers(tasks: dict[Route, PrefillTask]) -> Iterator[Offer]:
    """Yield a lane per useful wait, tail, longest residual and slope."""
    wanted: dict[Route, Requirement] = {}
    for route, task in tasks.items():
        try:
            wanted[route] = pooled.requirement(task)
        except Unreachable:
            continue
    for required in all_minima(wanted.values()):
        admitted = {route: tasks[route] for route, want in wanted.items() if admits(required, want)}
        yield from _offers(admitted, required)


def _offers(tasks: dict[Route, PrefillTask], required: Requirement) -> Iterator[Offer]:
    wait_s, dp = required[0], next(iter(tasks.values())).dp
    residuals_s = min(t.residual_s for t in tasks.values()), max(t.residual_s for t in tasks.values())
    tails = (pooled.tail_sizes(tasks.values()),) if required[1] < 0 else ()
    for slope in pooled.slopes(wait_s, residuals_s, dp):
        means = (pooled.mean_wait_sizes(wait_s, residuals_s, slope, dp),) if wait_s < inf else ()
        limits = ("mean wait",) * len(means) + ("wait percentile",) * len(tails)
        loads = {route: _loads(task, (wait_s, slope), bool(tails)) for route, task in tasks.items()}
        if all(sizes[-1] - sizes[-2] > LEAST_STEP for sizes in (*means, *tails)):
            yield Offer(limits, loads, (*means, *tails))


def _loads(task: PrefillTask, mean: tuple[float, float], tails: bool) -> tuple[float, ...]:
    means = (pooled.mean_wait_load(task, *mean),) if mean[0] < inf else ()
    return (*means, pooled.tail_load(task)) if tails else means
