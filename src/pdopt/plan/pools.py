"""Pools of a plan under given conditions: what their requests see, and whether their targets hold."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from math import floor, isfinite
from typing import Any

from pdopt.fleet.fleet import Fleet, Target, Workload
from pdopt.fleet.profiles import Shape
from pdopt.plan.conditions import AS_STATED, Conditions
from pdopt.plan.forward.pooled import Queues
from pdopt.plan.forward.queue import Arrivals
from pdopt.plan.plan import Pool

Seen = dict[str, float]  # statistic → seconds


class PoolView:
    """One pool of a plan with what the fleet says of it.

    Parameters
    ----------
    fleet : Fleet
    pool : Pool
    siblings : tuple of Pool
        All pools of the plan; a prefill pool looks up where its requests were encoded and where they decode.
    """

    def __init__(self, fleet: Fleet, pool: Pool, siblings: tuple[Pool, ...]):
        self.fleet, self.pool, self.siblings = fleet, pool, siblings
        self.shape = shape_of(pool)
        self.workloads = {name: fleet.workloads[name] for name in pool.serves}

    def profile(self) -> Any:
        """Give the measured profile of the pool's shape.

        Raises
        ------
        LookupError
            The LLM has none.
        """
        for profile in getattr(self.fleet.llms[self.pool.model], self.pool.role):
            if profile.shape == self.shape:
                return profile
        raise LookupError(f"{self.pool.model} has no {self.pool.role} profile of {self.shape}")

    def rate_rps(self, workload: str, conditions: Conditions) -> float:
        """Give the requests per second that one instance gets of one workload."""
        factor = conditions.all_demand * conditions.demand.get(workload, 1.0)
        return self.pool.serves[workload] * factor * (1 - conditions.slack) / self.pool.carrying

    def queues(self, each: dict[str, Arrivals]) -> Queues:
        """Give the queues of a pool from what each gets: under pooled dispatch those of whole instances share one."""
        count = floor(self.pool.carrying + 1e-9)
        if self.fleet.assumptions.dispatch != "pooled" or not count:
            return Queues(list(each.values()))
        fewer = self.pool.carrying / count
        line = [replace(arrivals, rate_rps=arrivals.rate_rps * fewer) for arrivals in each.values()]
        return Queues(list(each.values()), count * self.shape.dp, line)

    def site_latency_s(self, workload: Workload) -> float:
        """Give the time of TTFT that the workload's requests are under way to this pool's site and back."""
        site = self.fleet.skus[self.pool.sku].site
        return next((seconds for name, seconds in workload.latency_s.items() if name == site), 0.0)

    def statistics(self, workload: str, metric: str) -> list[str]:
        """Give the statistics to state: the mean, and those that the workload has targets on."""
        return list(dict.fromkeys(("mean", *(t.statistic for t in self.workloads[workload].targets_of(metric)))))


class PoolForecast(PoolView, ABC):
    """One pool of a plan, seen forward from the fleet; one subclass per role."""

    @abstractmethod
    def broken(self, conditions: Conditions = AS_STATED) -> list[str]:
        """Name the targets of this pool that do not hold under the conditions."""

    def holds(self, conditions: Conditions) -> bool:
        """Whether all targets hold under the conditions."""
        return not self.broken(conditions)

    @abstractmethod
    def forecast(self, metric: str, conditions: Conditions) -> Iterator[tuple[str, float, Seen]]:
        """Yield (workload, its share of the pool's rate, statistic → seconds) for one metric."""

    def seen(self, metric: str, conditions: Conditions = AS_STATED) -> list[tuple[str, float, Seen]]:
        """Give the forecast for one metric.

        A pool filled to the brim may lie past the edge by the solver's tolerance; then that is taken off its rates.
        """
        exact = list(self.forecast(metric, replace(conditions, slack=0.0)))
        if all(isfinite(seconds) for _, _, statistics in exact for seconds in statistics.values()):
            return exact
        return list(self.forecast(metric, conditions))

    def stating(self) -> list[PoolForecast]:
        """Give the forecasts that state the latencies this pool has a part in: its own, where it has them to itself."""
        return [self]


def missed(workload: str, target: Target, time_s: float) -> str:
    """Say that a target does not hold."""
    return (
        f"{workload}: {target.metric.upper()} {target.statistic} {time_s * 1e3:.5g} ms "
        f"exceeds {target.bound_s * 1e3:g} ms"
    )


def shape_of(pool: Pool) -> Shape:
    """Give the instance shape of a pool."""
    return Shape(pool.gpu, pool.gpus_per_instance, pool.parallelism, pool.dp, pool.engine, pool.precision)
