"""Which targets a simulation does not confirm."""

from __future__ import annotations

from collections.abc import Callable

from pdopt.fleet.fleet import Fleet
from pdopt.plan.plan import Plan
from pdopt.plan.validation import Missed
from pdopt.simulate.answers import Simulation, TargetSeen

Simulate = Callable[[Fleet, Plan, int], Simulation]  # the last: how many times the requests
LONGER = 8  # times the requests, where a target is undecided
NOISE = 0.01  # a pool that is exactly full is undecided however long it is simulated


def decided(simulate: Simulate, fleet: Fleet, plan: Plan) -> Simulation:
    """Simulate, and longer where that leaves a target undecided that more requests may decide."""
    simulation = simulate(fleet, plan, 1)
    unsure = (t for _, t in simulation.verdicts() if t.verdict == "undecided" and not t.why)
    return simulate(fleet, plan, LONGER) if any(unsure) else simulation


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
