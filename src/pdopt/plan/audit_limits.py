"""The audit of limits: how large pools are, what quotas allow."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.fleet.fleet import Fleet, Quota
from pdopt.plan.audit_money import gpus_held
from pdopt.plan.plan import Plan

TOLERANCE = 1e-6


def beyond_limits(fleet: Fleet, plan: Plan, scenario: str) -> Iterator[str]:
    """Say which limits the pools of one period do not keep."""
    least = fleet.limits.min_pool_instances or 1
    for pool in plan.pools:
        if pool.instances < least:
            yield f"{pool.model} {pool.role} on {pool.sku}: {pool.instances} instances, a pool has at least {least}"
    for quota in fleet.quotas:
        used = _counted(fleet, plan, quota, scenario)
        (stated,) = [use.used for use in plan.quotas or () if use.name == quota.name] or [-1.0]
        if used > min(quota.most, stated) * (1 + TOLERANCE) + TOLERANCE:
            yield f"quota {quota.name}: {used:g} {quota.unit} used, {quota.most} allowed, the plan says {stated:g}"


def _counted(fleet: Fleet, plan: Plan, quota: Quota, scenario: str) -> float:
    """Count what a quota is about in the only period there is."""
    if quota.llms:
        pools = [pool for pool in plan.pools if pool.model in quota.llms and pool.sku in quota.skus]
        gpus = [(pool.sku, pool.gpus_per_instance * pool.instances) for pool in pools]
    else:
        (period,) = fleet.periods
        rentals = [rental for rental in plan.skus if rental.sku in quota.skus]
        gpus = [(rental.sku, gpus_held(rental, period.name, {scenario})) for rental in rentals]
    return sum(count if quota.nodes is None else count / fleet.skus[sku].gpus for sku, count in gpus)
