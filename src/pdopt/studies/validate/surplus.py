"""What a plan has left over: instances that a pool could do without, found by taking them away."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pdopt.fleet.fleet import Fleet
from pdopt.plan.plan import Plan, Pool
from pdopt.plan.validation import Surplus
from pdopt.studies.validate.missed import Simulate, missed


def surplus(fleet: Fleet, plan: Plan, simulate: Simulate, tell: Callable[[str], None]) -> Iterator[Surplus]:
    """Yield every pool that could do without instances, alone, with all targets of its LLM kept.

    Of each LLM in the period and scenario in which it uses most GPUs.
    """
    for llm in dict.fromkeys(pool.model for pool in plan.pools):
        pools = _busiest(plan, llm)
        for pool in pools:
            tell(f"taking instances from {llm} {pool.role} on {pool.sku}")
            spare = _spare(fleet, plan.model_copy(update={"pools": pools}), pool, simulate)
            if spare:
                yield Surplus(
                    model=llm,
                    role=pool.role,
                    sku=pool.sku,
                    gpus_per_instance=pool.gpus_per_instance,
                    instances=spare,
                    of=pool.instances,
                    period=pool.period,
                    scenario=pool.scenario,
                )


def _busiest(plan: Plan, llm: str) -> tuple[Pool, ...]:
    whens = dict.fromkeys((pool.scenario, pool.period) for pool in plan.pools if pool.model == llm)
    found = [
        tuple(pool for pool in plan.pools if pool.model == llm and (pool.scenario, pool.period) == when)
        for when in whens
    ]
    return max(found, key=lambda pools: sum(pool.instances * pool.gpus_per_instance for pool in pools))


def _spare(fleet: Fleet, plan: Plan, pool: Pool, simulate: Simulate) -> int:
    """Take one instance after the other until a target is missed."""
    for left in range(pool.instances - 1, 0, -1):
        fewer = pool.model_copy(update={"instances": left})
        pools = tuple(fewer if other is pool else other for other in plan.pools)
        if missed(simulate(fleet, plan.model_copy(update={"pools": pools}), 1)):
            return pool.instances - left - 1
    return pool.instances - 1
