"""Prefill pools: the TTFT that requests see."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.fleet.fleet import Target, Workload
from pdopt.plan.conditions import AS_STATED, TIME_TOLERANCE, Conditions
from pdopt.plan.forward.queue import Arrivals, mean_wait_s, percentile_sojourn_s, prefill_service_s, sojourn_bounds_s
from pdopt.plan.pools import PoolForecast, Seen, missed


class PrefillForecast(PoolForecast):
    """A pool of prefill queues; what a request spends on its way to decode counts in its TTFT."""

    def forecast(self, metric: str, conditions: Conditions) -> Iterator[tuple[str, float, Seen]]:
        """Yield TTFT by workload and handover."""
        queue = self._queue(conditions) if metric == "ttft" else {}
        mix = list(queue.values())
        for handover, rates in (self.pool.hands_over or {}).items():
            for name in rates if queue else ():
                elsewhere_s = self.overhead_s(handover, self.workloads[name])
                seen = {}
                for statistic in self.statistics(name, "ttft"):
                    tail = Target("ttft", statistic, 0.0).tail
                    if tail is None:
                        seen[statistic] = elsewhere_s + mean_wait_s(mix) + queue[name].service_s
                    else:
                        seen[statistic] = elsewhere_s + percentile_sojourn_s(mix, queue[name], tail)
                yield name, rates[name], seen

    def broken(self, conditions: Conditions = AS_STATED) -> list[str]:
        """Name the TTFT targets that do not hold; percentiles by one and the same of the two bounds."""
        queue = self._queue(conditions)
        mix = list(queue.values())
        misses: tuple[list[str], list[str]] = ([], [])
        for handover, rates in (self.pool.hands_over or {}).items():
            for name in rates:
                elsewhere_s = self.overhead_s(handover, self.workloads[name])
                for target in self.workloads[name].targets_of("ttft"):
                    mean_s = mean_wait_s(mix) + queue[name].service_s
                    tail = target.tail
                    times = (mean_s, mean_s) if tail is None else sojourn_bounds_s(mix, queue[name], tail)
                    for found, time_s in zip(misses, times, strict=True):
                        if elsewhere_s + time_s > target.bound_s * (1 + TIME_TOLERANCE):
                            found.append(missed(name, target, elsewhere_s + time_s))
        return min(misses, key=len)

    def _queue(self, conditions: Conditions) -> dict[str, Arrivals]:
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
        for other in self.siblings:
            takes = other.role == "decode" and other.model == self.pool.model and other.handover == handover
            gb_per_s = self.fleet.link_gb_per_s(self.pool.sku, other.sku) if takes else None
            if takes and workload.name in other.serves and gb_per_s and kv_bytes:
                ways.append(ways[0] + kv_bytes * workload.input_tokens / gb_per_s / 1e9)
        return max(ways) + self.site_latency_s(workload)
