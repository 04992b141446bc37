"""Lanes of one prefill shape: the waits and tails its pools can be run at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pdopt.capacity import prefill
from pdopt.capacity.handover import overhead_s
from pdopt.capacity.permitted import End
from pdopt.capacity.place import Loads, Offer, Place
from pdopt.capacity.queue_lanes import Missed, Tasks, queue_offers
from pdopt.capacity.refusal import OutOfRange
from pdopt.capacity.splits import Split
from pdopt.capacity.stages import with_room
from pdopt.capacity.table import Route
from pdopt.fleet.fleet import Workload
from pdopt.fleet.profiles import PrefillProfile

Encoded = dict[Route, tuple[Split, str]]  # routes of requests with images: their split, and the handover after it


def prefill_lanes(place: Place, profile: PrefillProfile) -> Iterator[Offer]:
    """Yield a lane per useful wait (and tail, under either bound on percentiles)."""
    encoded: Encoded = {}
    tasks = _tasks(place, profile, encoded)
    missed: Missed = {}
    for offer in queue_offers(tasks, missed, place.assumptions.dispatch):
        yield offer._replace(loads=_without_tighter(offer.loads, encoded)) if encoded else offer
    several = len({route.handover for route in tasks}) > 1
    for (route, _), why in missed.items():
        if route not in encoded:  # those with images are refused where their splits are made
            way = route.handover if several else None
            place.refuse(place.workload(route), "prefill", profile.shape, why, way)


def _tasks(place: Place, profile: PrefillProfile, encoded: Encoded) -> Tasks:
    tasks: Tasks = {}
    for workload in place.workloads():
        try:
            service_s = prefill.service_s(profile, workload)
        except OutOfRange as why:
            place.refuse(workload, "prefill", profile.shape, why)
            continue
        for way in place.ways:
            if (place.sku, profile.shape) not in way.reach_gb_per_s:
                continue
            way_s = overhead_s(place.fleet, place.llm, workload, way.reach_gb_per_s[place.sku, profile.shape])
            spent_s = way_s + place.latency_s(workload)
            task = prefill.PrefillTask(
                service_s, workload.prefill_service_cv2, spent_s, profile.shape.dp, workload.targets_of("ttft")
            )
            if workload.images:
                tasks |= _after_encode(place, workload, ((place.sku, profile.shape), task, way.name), encoded)
            else:
                tasks[Route(workload.name, way.name)] = task
    return tasks


def _after_encode(
    place: Place, workload: Workload, whole: tuple[End, prefill.PrefillTask, str], encoded: Encoded
) -> Tasks:
    """Give a task for each split of the workload's targets that this shape's requests may come with."""
    end, task, handover = whole
    tasks: Tasks = {}
    for split in place.splits.get(workload.name, ()):
        if end in split.intake.ends:
            route = Route(workload.name, f"{handover}, encoded {split.name}")
            place.encoded[route.handover] = (split.name, handover)
            encoded[route] = (split, handover)
            tasks[route] = replace(task, targets=split.prefill)
    return with_room(tasks)


def _without_tighter(loads: Loads, encoded: Encoded) -> Loads:
    """Leave out splits that a looser one replaces: prefill gains nothing from leaving encode less than it may."""

    def replaced(route: Route) -> bool:
        if route not in encoded:
            return False
        split, handover = encoded[route]
        others = (r for r in loads if r.workload == route.workload and r in encoded and encoded[r][1] == handover)
        return any(encoded[other][0].looser_than(split) for other in others)

    return {route: load for route, load in loads.items() if not replaced(route)}
