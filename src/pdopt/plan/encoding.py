"""Encode pools as queues: the part of TTFT that the vision encoder takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pdopt.fleet.fleet import Fleet, Workload
from pdopt.fleet.profiles import EncodeProfile
from pdopt.plan.conditions import Conditions
from pdopt.plan.forward.queue import Arrivals, encode_service_s
from pdopt.plan.plan import Pool
from pdopt.plan.pools import PoolView


class EncodeQueue(PoolView):
    """A pool of encode queues."""

    def time_s(self, workload: Workload, tail: float | None, conditions: Conditions) -> float:
        """Mean wait and service of a request's images, or what all but `tail` of the requests stay within."""
        profile: EncodeProfile = self.profile()
        queue = {
            name: Arrivals(
                self.rate_rps(name, conditions) / self.shape.dp,
                encode_service_s(profile, other, conditions.encode_slower),
                other.encode_service_cv2,
            )
            for name, other in self.workloads.items()
        }
        queues, own = self.queues(queue), queue[workload.name]
        return queues.wait_s() + own.service_s if tail is None else queues.percentile_s(own, tail)

    def sent_s(self, workload: Workload, sku: str) -> float:
        """Time that the embeddings of a request's images are on their way to a SKU."""
        bytes_per_token = self.fleet.llms[self.pool.model].embedding_bytes_per_token
        gb_per_s = self.fleet.link_gb_per_s(self.pool.sku, sku)
        if not bytes_per_token or not gb_per_s:
            return 0.0
        return bytes_per_token * workload.images * workload.image_tokens / gb_per_s / 1e9


def encoders(fleet: Fleet, siblings: Iterable[Pool], model: str, split: str) -> Iterator[EncodeQueue]:
    """Yield the pools that encode for a split of TTFT."""
    pools = tuple(siblings)
    for pool in pools:
        if (pool.role, pool.model) == ("encode", model) and split in (pool.hands_over or {}):
            yield EncodeQueue(fleet, pool, pools)


def before_prefill_s(view: PoolView, split: str, name: str, stage: tuple[float | None, Conditions]) -> float:
    """Time of TTFT before a prefill pool has the images of a request that takes a split: the slowest of the ways there.

    Parameters
    ----------
    stage : (tail, conditions)
        What part of the requests may take longer (None for a mean), and how the world is.

    Raises
    ------
    LookupError
        Nothing encodes for this split.
    """
    tail, conditions = stage
    workload = view.workloads[name]
    times = [
        queue.time_s(workload, tail, conditions) + queue.sent_s(workload, view.pool.sku)
        for queue in encoders(view.fleet, view.siblings, view.pool.model, split)
        if name in (queue.pool.hands_over or {})[split]
    ]
    if not times:
        raise LookupError(f"{name}: nothing encodes {split}")
    return max(times)
