"""What a simulation answers, as typed values; milliseconds and requests per second, as in a plan."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

from pdopt.plan.plan import Part

LEVELS = (0.01, *(i / 20 for i in range(1, 20)), 0.97, 0.99, 0.999)
Holds = Literal["holds", "fails", "undecided"]


class Estimate(Part):
    """A mean over replications and the ends of its confidence interval."""

    mean: float
    low: float
    high: float


class TargetSeen(Part):
    """A target of a workload as simulated.

    Attributes
    ----------
    planned_ms : float or None
        What the plan predicts.
    verdict : str
        "holds": the whole interval is within the bound; "fails": beyond it; "undecided": the bound lies inside.
    why : str
        Why it is undecided where more requests would not help.
    """

    target: str
    bound_ms: float
    seen_ms: Estimate
    planned_ms: float | None = None
    verdict: Holds
    why: str = ""


class WorkloadSeen(Part):
    """What a workload got in one period of one scenario.

    Attributes
    ----------
    offered_rps : float or None
        Rate of arrivals simulated: what the plan serves of the demand, or that of a trace; None in a closed loop.
    in_flight : int or None
        Requests in flight of a closed loop.
    ttft_ms, tpot_ms, e2e_ms : dict
        mean, p50, p90, p95, p99; over requests.
    spread_ms : dict
        ttft, tpot, e2e → quantiles at `LEVELS`, means over replications, for pictures.
    within_targets : Estimate
        Part of the requests of which no latency exceeds the bound of any of its targets; `goodput_rps` is their rate.
    requests : int
        That count.
    """

    name: str
    model: str
    period: str | None = None
    scenario: str | None = None
    demand_rps: float
    offered_rps: float | None = None
    in_flight: int | None = None
    completed_rps: Estimate
    ttft_ms: dict[str, Estimate]
    tpot_ms: dict[str, Estimate]
    e2e_ms: dict[str, Estimate]
    spread_ms: dict[str, tuple[float, ...]]
    targets: tuple[TargetSeen, ...]
    within_targets: Estimate
    goodput_rps: Estimate
    requests: int


class PoolSeen(Part):
    """What the instances of a pool were at.

    Attributes
    ----------
    instances : int
        That were simulated.
    busy : Estimate
        Part of the time that a queue serves anything.
    batch : Estimate
        Requests served at once by a queue, idle time included.
    waiting : Estimate
        Requests that wait at a queue; `longest` is the most at any of them.
    """

    model: str
    role: Literal["encode", "prefill", "decode", "mixed"]
    sku: str
    period: str | None = None
    scenario: str | None = None
    instances: int
    queues: int
    busy: Estimate
    batch: Estimate
    waiting: Estimate
    longest: int


class Simulation(Part):
    """A plan simulated by events.

    Attributes
    ----------
    settings : dict
        What was simulated.
    requests, events : int
        All, those before the queues had settled included.
    seconds : float
        That it took.
    """

    name: str
    workloads: tuple[WorkloadSeen, ...]
    pools: tuple[PoolSeen, ...]
    settings: dict[str, Any]
    requests: int
    events: int
    seconds: float
    notes: tuple[str, ...] = ()
    fleet_sha256: str = ""
    pdopt_version: str = ""

    def verdicts(self) -> Iterator[tuple[WorkloadSeen, TargetSeen]]:
        """Yield every target with its workload."""
        return ((seen, target) for seen in self.workloads for target in seen.targets)

    def failing(self) -> list[tuple[str, str]]:
        """Give workload and target of those that fail, in any period."""
        found = ((seen.name, target.target) for seen, target in self.verdicts() if target.verdict == "fails")
        return list(dict.fromkeys(found))

    def undecided(self) -> list[tuple[str, str]]:
        """Give workload and target of those that are undecided in some period and fail in none."""
        found = ((seen.name, target.target) for seen, target in self.verdicts() if target.verdict == "undecided")
        return [pair for pair in dict.fromkeys(found) if pair not in self.failing()]

    def holds(self) -> bool:
        """Whether every target holds in every period."""
        return all(target.verdict == "holds" for _, target in self.verdicts())

    def to_json(self) -> str:
        """Give the answer as JSON text."""
        return json.dumps(self.model_dump(mode="json"), indent=2, allow_nan=False, ensure_ascii=False) + "\n"

    def rows(self) -> list[dict[str, Any]]:
        """Give one row per workload, period, scenario and target."""
        return [
            {
                "scenario": seen.scenario,
                "period": seen.period,
                "workload": seen.name,
                "target": target.target,
                "bound_ms": target.bound_ms,
                "planned_ms": target.planned_ms,
                "seen_ms": target.seen_ms.mean,
                "low_ms": target.seen_ms.low,
                "high_ms": target.seen_ms.high,
                "verdict": target.verdict,
                "demand_rps": seen.demand_rps,
                "completed_rps": seen.completed_rps.mean,
                "goodput_rps": seen.goodput_rps.mean,
                "within_targets": seen.within_targets.mean,
            }
            for seen, target in self.verdicts()
        ]
