"""Lanes of one prefill shape: the waits and tails its pools can be run at."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from pdopt.capacity import prefill
from pdopt.capacity.handover import overhead_s
from pdopt.capacity.place import Offer, Place
from pdopt.capacity.refusal import OutOfRange, Unreachable
from pdopt.capacity.requirements import Requirement, admits, all_minima
from pdopt.capacity.table import Route
from pdopt.fleet.fleet import Target
from pdopt.fleet.profiles import PrefillProfile

Tasks = dict[Route, prefill.PrefillTask]
Missed = dict[tuple[Route, Target], Unreachable]


def prefill_lanes(place: Place, profile: PrefillProfile) -> Iterator[Offer]:
    """Yield a lane per useful wait (and tail, under either bound on percentiles)."""
    tasks = _tasks(place, profile)
    missed: Missed = {}
    bounds = prefill.bounds_for(list(tasks.values()))
    wants = [_wants(tasks, bound, len(bounds) > 1, missed) for bound in bounds]
    for wanted in wants:
        for required in filter(prefill.can_run, all_minima(wanted.values())):
            loads = {r: prefill.loads(tasks[r], required) for r, want in wanted.items() if admits(required, want)}
            yield _limits(required), loads
    reached = {route for wanted in wants for route in wanted}
    several = len({route.handover for route in tasks}) > 1
    for (route, _), why in missed.items():
        if route not in reached:
            way = route.handover if several else None
            place.refuse(place.workload(route), "prefill", profile.shape, why, way)


def _tasks(place: Place, profile: PrefillProfile) -> Tasks:
    tasks = {}
    for workload in place.workloads():
        try:
            service_s = prefill.service_s(profile, workload)
        except OutOfRange as why:
            place.refuse(workload, "prefill", profile.shape, why)
            continue
        for way in place.ways:
            if (place.sku, profile.shape) in way.reach_gb_per_s:
                way_s = overhead_s(place.fleet, place.llm, workload, way.reach_gb_per_s[place.sku, profile.shape])
                spent_s = way_s + place.latency_s(workload)
                tasks[Route(workload.name, way.name)] = prefill.PrefillTask(
                    service_s, workload.prefill_service_cv2, spent_s, profile.shape.dp, workload.targets_of("ttft")
                )
    return tasks


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
