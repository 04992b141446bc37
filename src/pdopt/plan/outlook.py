"""What the pools of one moment promise; each pool is looked at once, however many workloads it serves."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

from pdopt.fleet.fleet import Fleet
from pdopt.plan.forecasts import forecast_of
from pdopt.plan.headroom import headroom, speed_lost
from pdopt.plan.plan import Headroom, Pool
from pdopt.plan.pools import Seen


class Outlook:
    """Forecasts of all pools that run together.

    Parameters
    ----------
    fleet : Fleet
    pools : tuple of Pool
    """

    def __init__(self, fleet: Fleet, pools: tuple[Pool, ...]):
        self._forecasts = [forecast_of(fleet, pool, pools) for pool in pools]
        self._serving: dict[str, list[int]] = defaultdict(list)
        for number, pool in enumerate(pools):
            for name in pool.serves:
                self._serving[name].append(number)
        self._seen = cache(self._seen_in)
        self._speed_lost = cache(self._speed_lost_of)

    def served_rps(self, workload: str) -> float:
        """Give the rate of a workload whose last token is made."""
        pools = [self._forecasts[number].pool for number in self._serving[workload]]
        return sum(pool.serves[workload] for pool in pools if pool.role in ("decode", "mixed"))

    def latencies_s(self, workload: str, metric: str) -> dict[str, float]:
        """Give statistic → seconds: means averaged over the workload's requests, percentiles the worst of its pools."""
        seen: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for number in self._serving[workload]:
            for rate, statistics in self._seen(number, metric).get(workload, ()):
                for statistic, seconds in statistics.items():
                    seen[statistic].append((rate, seconds))
        total = {statistic: sum(rate for rate, _ in pairs) for statistic, pairs in seen.items()}
        return {
            statistic: sum(rate * seconds for rate, seconds in pairs) / total[statistic]
            if statistic == "mean"
            else max(seconds for _, seconds in pairs)
            for statistic, pairs in seen.items()
        }

    def headroom(self, workload: str) -> Headroom:
        """Give what a workload survives in these pools."""
        numbers = tuple(self._serving[workload])
        return headroom([self._forecasts[n] for n in numbers], workload, self._speed_lost(numbers))

    def _seen_in(self, number: int, metric: str) -> dict[str, list[tuple[float, Seen]]]:
        found: dict[str, list[tuple[float, Seen]]] = defaultdict(list)
        for name, rate, statistics in self._forecasts[number].seen(metric):
            found[name].append((rate, statistics))
        return found

    def _speed_lost_of(self, numbers: tuple[int, ...]) -> dict[str, float]:
        return speed_lost([self._forecasts[n] for n in numbers])
