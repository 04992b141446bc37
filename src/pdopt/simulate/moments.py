"""The periods and scenarios of a plan: what runs then, what is asked, what is promised."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pdopt.fleet.fleet import Fleet, Workload
from pdopt.plan.plan import Latencies, Plan, Pool


@dataclass(frozen=True)
class Moment:
    """One period of one scenario; both None where the fleet has one only.

    Attributes
    ----------
    demand_rps : dict
        By workload.
    planned : dict
        Workload → the latencies that the plan predicts.
    """

    fleet: Fleet
    period: str | None
    scenario: str | None
    pools: tuple[Pool, ...]
    demand_rps: dict[str, float]
    planned: dict[str, Latencies]

    @property
    def words(self) -> str:
        """Name it; empty where there is only one."""
        return ", ".join(word for word in (self.scenario, self.period) if word)

    def workload(self, name: str) -> Workload:
        """Give a workload of the fleet."""
        return self.fleet.workloads[name]


def moments(fleet: Fleet, plan: Plan) -> Iterator[Moment]:
    """Yield every period of every scenario in which anything runs."""
    for scenario in fleet.scenarios:
        for period in fleet.periods:
            when = (
                scenario.name if len(fleet.scenarios) > 1 else None,
                period.name if len(fleet.periods) > 1 else None,
            )
            pools = tuple(pool for pool in plan.pools if (pool.scenario, pool.period) == when)
            demand = {name: fleet.rates_rps(name)[scenario.name, period.name] for name in fleet.workloads}
            yield Moment(fleet, when[1], when[0], pools, demand, _planned(plan, when))


def _planned(plan: Plan, when: tuple[str | None, str | None]) -> dict[str, Latencies]:
    return {
        promise.name: next((s for s in promise.periods or () if (s.scenario, s.period) == when), promise)
        for promise in plan.workloads
    }
