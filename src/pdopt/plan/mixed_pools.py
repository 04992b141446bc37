"""Mixed pools: ordinary instances at their measured latencies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import inf

from pdopt.plan.conditions import AS_STATED, TIME_TOLERANCE, Conditions
from pdopt.plan.forward.ordinary import mixed_capacity_rps, mixed_latency_s, mixed_measured
from pdopt.plan.pools import PoolForecast, Seen


class MixedForecast(PoolForecast):
    """A pool of ordinary instances; each workload takes its part of what it could have alone."""

    def forecast(self, metric: str, conditions: Conditions) -> Iterator[tuple[str, float, Seen]]:
        """Yield the latencies measured at the rate that loads an instance as much as the mix does."""
        profile, used = self.profile(), self._load(conditions)
        for name, workload in self.workloads.items():
            rate = used * mixed_capacity_rps(profile, workload, self._tightest())
            measured = [s for s in self.statistics(name, metric) if mixed_measured(profile, workload, (metric, s))]
            spent_s = self.site_latency_s(workload) if metric == "ttft" else 0.0
            seen = {s: spent_s + mixed_latency_s(profile, workload, (metric, s), rate) for s in measured}
            yield name, self.pool.serves[name], seen

    def broken(self, conditions: Conditions = AS_STATED) -> list[str]:
        """Say whether the instances carry more than they were measured to within the tightest targets."""
        return ["measured latencies"] if self._load(conditions) > 1 + TIME_TOLERANCE else []

    def _load(self, conditions: Conditions) -> float:
        load = 0.0
        for name, workload in self.workloads.items():
            capacity = mixed_capacity_rps(self.profile(), workload, self._tightest())
            load += self.rate_rps(name, conditions) * conditions.mixed_slower / capacity if capacity > 0 else inf
        return load

    def _tightest(self) -> dict[tuple[str, str], float]:
        """Give the smallest bound of each statistic on an instance: of TTFT, what the way there and back leaves."""
        bounds: dict[tuple[str, str], float] = defaultdict(lambda: inf)
        for workload in self.workloads.values():
            for target in workload.targets:
                key = (target.metric, target.statistic)
                left_s = target.bound_s - (self.site_latency_s(workload) if target.metric == "ttft" else 0.0)
                bounds[key] = min(bounds[key], left_s)
        return dict(bounds)
