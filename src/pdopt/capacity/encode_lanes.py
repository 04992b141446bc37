"""Lanes of one encode shape: the waits and tails its pools can be run at."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.capacity.encode import embedding_transfer_s, encode_service_s
from pdopt.capacity.place import Offer, Place
from pdopt.capacity.prefill import PrefillTask
from pdopt.capacity.queue_lanes import Missed, Tasks, queue_offers
from pdopt.capacity.refusal import OutOfRange
from pdopt.capacity.stages import with_room
from pdopt.capacity.table import Route
from pdopt.fleet.profiles import EncodeProfile


def encode_lanes(place: Place, profile: EncodeProfile) -> Iterator[Offer]:
    """Yield a lane per useful wait (and tail), for the workloads with images; their routes are splits of TTFT."""
    end, dp = (place.sku, profile.shape), profile.shape.dp
    tasks: Tasks = {}
    for workload in place.workloads():
        if not workload.images:
            continue
        try:
            service_s = encode_service_s(profile, workload)
        except OutOfRange as why:
            place.refuse(workload, "encode", profile.shape, why)
            continue
        mine: Tasks = {}
        for split in place.splits.get(workload.name, ()):
            if end in split.intake.reach_gb_per_s:
                sent_s = embedding_transfer_s(place.llm, workload, split.intake.reach_gb_per_s[end])
                task = PrefillTask(service_s, workload.encode_service_cv2, sent_s, dp, split.encode)
                mine[Route(workload.name, split.name)] = task
        tasks |= with_room(mine)
    missed: Missed = {}  # a split that this shape is too slow for is no refusal: others may leave it more
    yield from queue_offers(tasks, missed, place.assumptions.dispatch)
