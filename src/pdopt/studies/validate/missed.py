"""Which targets a simulation does not confirm."""

from __future__ import annotations

from pdopt.plan.validation import Missed
from pdopt.simulate.answers import Simulation, TargetSeen


NOISE = 0.01  # a pool that is exactly full is undecided however long it is simulated


def missed(simulation: Simulation) -> tuple[Missed, ...]:
    """Give the targets that fail, and those undecided that are simulated more than a hundredth beyond the bound."""
    return tuple(
        Missed(
            workload=seen.name,
            target=target.target,
            bound_ms=target.bound_ms,
            planned_ms=target.planned_ms,
            simulated_ms=target.seen_ms.mean,
            low_ms=target.seen_ms.low,
            high_ms=target.seen_ms.high,
            period=seen.period,
            scenario=seen.scenario,
        )
        for seen, target in simulation.verdicts()
        if _beyond(target)
    )


def _beyond(target: TargetSeen) -> bool:
    if target.verdict == "undecided":
        return target.seen_ms.mean > target.bound_ms * (1 + NOISE)
    return target.verdict == "fails"
