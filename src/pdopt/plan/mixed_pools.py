"""Mixed pools: ordinary instances at their measured latencies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from math import inf

from pdopt.fleet.profiles import MixedCurve
from pdopt.plan.conditions import AS_STATED, TIME_TOLERANCE, Conditions
from pdopt.plan.forward.ordinary import mixed_capacity_rps, mixed_latency_s, mixed_measurements
from pdopt.plan.pools import PoolForecast, Seen


class MixedForecast(PoolForecast):
    """A pool of ordinary instances; each workload takes its part of what it could have alone."""

    def forecast(self, metric: str, conditions: Conditions) -> Iterator[tuple[str, float, Seen]]:
        """Yield the latencies measured at the rate that loads an instance as much as the mix does."""
        used = self._load(conditions)
        for name, workload in self.workloads.items():
            rate, curve = used * self._capacities_rps[name], self._curves[name]
            measured = [s for s in self.statistics(name, metric) if (metric, s) in curve.latencies_s]
            spent_s = self.site_latency_s(workload) if metric == "ttft" else 0.0
            seen = {s: spent_s + mixed_latency_s(curve, (metric, s), rate) for s in measured}
            yield name, self.pool.serves[name], seen

    def broken(self, conditions: Conditions = AS_STATED) -> list[str]:
        """Say whether the instances carry more than they were measured to within the tightest targets."""
        return ["measured latencies"] if self._load(conditions) > 1 + TIME_TOLERANCE else []

    def _load(self, conditions: Conditions) -> float:
        load = 0.0
        for name, capacity in self._capacities_rps.items():
            load += self.rate_rps(name, conditions) * conditions.mixed_slower / capacity if capacity > 0 else inf
        return load

    @cached_property
    def _curves(self) -> dict[str, MixedCurve]:
        profile = self.profile()
        return {name: mixed_measurements(profile, workload) for name, workload in self.workloads.items()}

    @cached_property
    def _capacities_rps(self) -> dict[str, float]:
        tightest = self._tightest()
        return {name: mixed_capacity_rps(curve, tightest) for name, curve in self._curves.items()}

    def _tightest(self) -> dict[tuple[str, str], float]:
        """Give the smallest bound of each statistic on an instance: of TTFT, what the way there and back leaves."""
        bounds: dict[tuple[str, str], float] = defaultdict(lambda: inf)
        for workload in self.workloads.values():
            for target in workload.targets:
                key = (target.metric, target.statistic)
                left_s = target.bound_s - (self.site_latency_s(workload) if target.metric == "ttft" else 0.0)
                bounds[key] = min(bounds[key], left_s)
        return dict(bounds)
