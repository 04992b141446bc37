"""What runs now, as a plan says it: instances by period and scenario of the fleet that is planned anew."""

from __future__ import annotations

from collections import Counter

from pdopt.fleet.fleet import Fleet
from pdopt.fleet.profiles import Shape
from pdopt.plan.plan import Plan, Pool
from pdopt.plan.pools import shape_of

Deployment = tuple[str, str, str, Shape]  # LLM, role, SKU, shape
Now = dict[tuple[str, str], dict[Deployment, int]]  # by scenario and period


def deployment(pool: Pool) -> Deployment:
    """Give what of a pool is started and stopped."""
    return pool.model, pool.role, pool.sku, shape_of(pool)


def running_now(fleet: Fleet, current: Plan) -> Now:
    """Give the instances that run now, for every scenario and period of a fleet.

    A period is compared with the one of the same name, if the plan that runs has it; else with the largest counts of
    all its periods. So are scenarios.
    """
    counts: dict[tuple[str | None, str | None], Counter[Deployment]] = {
        (total.scenario, total.period): Counter() for total in current.periods or ()
    }
    for pool in current.pools:
        counts.setdefault((pool.scenario, pool.period), Counter())[deployment(pool)] += pool.instances
    known = [{when[i] for when in counts} for i in (0, 1)]
    now: Now = {}
    for scenario in fleet.scenarios:
        for period in fleet.periods:
            names = (scenario.name, period.name)
            alike = [
                counts[when] for when in counts if all(names[i] not in known[i] or when[i] == names[i] for i in (0, 1))
            ]
            now[names] = {key: max(one[key] for one in alike) for one in alike for key in one}
    return now
