"""Prefill pools: the TTFT that requests see."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from pdopt.fleet.fleet import Target, Workload
from pdopt.plan.conditions import AS_STATED, TIME_TOLERANCE, Conditions
from pdopt.plan.encoding import before_prefill_s
from pdopt.plan.forward.queue import Arrivals, prefill_service_s
from pdopt.plan.plan import Pool
from pdopt.plan.pools import PoolForecast, Seen, missed


class Way(NamedTuple):
    """How requests of a workload pass a prefill pool; the split of their TTFT where they have images."""

    handover: str
    workload: str
    rate_rps: float
    split: str | None = None


class PrefillForecast(PoolForecast):
    """A pool of prefill queues; what a request spends being encoded and on its way to decode counts in its TTFT."""

    def forecast(self, metric: str, conditions: Conditions) -> Iterator[tuple[str, float, Seen]]:
        """Yield TTFT by workload and way."""
        queue = self._arrivals(conditions) if metric == "ttft" else {}
        queues = self.queues(queue)
        for way in self._ways() if queue else ():
            own, seen = queue[way.workload], {}
            for statistic in self.statistics(way.workload, "ttft"):
                tail, elsewhere_s = self._elsewhere(way, Target("ttft", statistic, 0.0), conditions)
                inside_s = queues.wait_s() + own.service_s if tail is None else queues.percentile_s(own, tail)
                seen[statistic] = elsewhere_s + inside_s
            yield way.workload, way.rate_rps, seen

    def broken(self, conditions: Conditions = AS_STATED) -> list[str]:
        """Name the TTFT targets that do not hold; percentiles by one and the same of the two bounds."""
        queue = self._arrivals(conditions)
        queues = self.queues(queue)
        misses: tuple[list[str], list[str]] = ([], [])
        for way in self._ways():
            name, own = way.workload, queue[way.workload]
            for target in self.workloads[name].targets_of("ttft"):
                tail, elsewhere_s = self._elsewhere(way, target, conditions)
                mean_s = queues.wait_s() + own.service_s
                times = (mean_s, mean_s) if tail is None else queues.bounds_s(own, tail)
                for found, time_s in zip(misses, times, strict=True):
                    if elsewhere_s + time_s > target.bound_s * (1 + TIME_TOLERANCE):
                        found.append(missed(name, target, elsewhere_s + time_s))
        return min(misses, key=len)

    def _ways(self) -> Iterator[Way]:
        for handover, rates in (self.pool.hands_over or {}).items():
            for name, rate in rates.items():
                if not self.workloads[name].images:
                    yield Way(handover, name, rate)
        for split, handovers in (self.pool.encoded or {}).items():
            for handover, rates in handovers.items():
                for name, rate in rates.items():
                    yield Way(handover, name, rate, split)

    def _elsewhere(self, way: Way, target: Target, conditions: Conditions) -> tuple[float | None, float]:
        """Give the tail that prefill may exceed, and the time outside it: half the tail is left to encode."""
        outside_s = self.overhead_s(way.handover, self.workloads[way.workload])
        if way.split is None:
            return target.tail, outside_s
        tail = None if target.tail is None else target.tail / 2
        return tail, outside_s + before_prefill_s(self, way.split, way.workload, (tail, conditions))

    def _arrivals(self, conditions: Conditions) -> dict[str, Arrivals]:
        profile, dp = self.profile(), self.shape.dp
        return {
            name: Arrivals(
                self.rate_rps(name, conditions) / dp,
                prefill_service_s(profile, workload, conditions.prefill_slower),
                workload.prefill_service_cv2,
            )
            for name, workload in self.workloads.items()
        }

    def overhead_s(self, handover: str, workload: Workload) -> float:
        """Way to this pool's site and back, and the slowest one on to the decode pools that serve the workload."""
        ways = [self.fleet.transfer.overhead_s]
        kv_bytes = self.fleet.llms[self.pool.model].kv_bytes_per_token
        for other in self._decoders:
            takes = other.handover == handover and workload.name in other.serves
            gb_per_s = self.fleet.link_gb_per_s(self.pool.sku, other.sku) if takes else None
            if gb_per_s and kv_bytes:
                ways.append(ways[0] + kv_bytes * workload.input_tokens / gb_per_s / 1e9)
        return max(ways) + self.site_latency_s(workload)

    @cached_property
    def _decoders(self) -> list[Pool]:
        return [other for other in self.siblings if other.role == "decode" and other.model == self.pool.model]
