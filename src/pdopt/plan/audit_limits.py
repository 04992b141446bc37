"""The audit of limits: how large pools are, what quotas allow, power and CO2."""

from __future__ import annotations

from collections.abc import Iterator
from math import isclose

from pdopt.fleet.fleet import Fleet, Quota
from pdopt.plan.audit_money import gpus_held, kg_per_h, whens_of
from pdopt.plan.plan import Plan, Rental

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

    rentals = [rental for rental in plan.skus if rental.sku in fleet.skus]
    for site in fleet.sites.values():
        there = [rental for rental in rentals if fleet.skus[rental.sku].site == site.name]
        drawn_kw = sum(_power_kw(fleet, rental, scenario) for rental in there)
        if site.power_kw is not None and drawn_kw > site.power_kw * (1 + TOLERANCE):
            yield f"the nodes in {site.name} draw {drawn_kw:g} kW, at most {site.power_kw:g} kW are there"


def _power_kw(fleet: Fleet, rental: Rental, scenario: str) -> float:
    """Kilowatts of the nodes held of a SKU in the only period there is."""
    (period,), sku = fleet.periods, fleet.skus[rental.sku]
    return (sku.power_kw or 0.0) * gpus_held(rental, period.name, {scenario}) / sku.gpus


def beyond_averages(fleet: Fleet, plan: Plan) -> Iterator[str]:
    """Say which limits on averages over the whole time a plan does not keep."""
    yield from _preference(fleet, plan)
    if plan.carbon_kg_per_hour is None and fleet.limits.carbon_kg_per_hour is None:
        return
    emitted = kg_per_h(fleet, plan, whens_of(fleet))
    most = fleet.limits.carbon_kg_per_hour
    if most is not None and emitted > most * (1 + TOLERANCE) + 1e-9:
        yield f"the nodes emit {emitted:g} kg of CO2 per hour, at most {most:g} are wanted"
    stated = -1.0 if plan.carbon_kg_per_hour is None else plan.carbon_kg_per_hour
    if not isclose(emitted, stated, rel_tol=TOLERANCE, abs_tol=1e-9):
        yield f"the nodes emit {emitted:g} kg of CO2 per hour, the plan says {stated:g}"


def _preference(fleet: Fleet, plan: Plan) -> Iterator[str]:
    others = [r for r in plan.skus if r.sku in fleet.skus and r.sku not in fleet.limits.prefer]
    held = sum(weight * gpus_held(r, period, {s}) for r in others for s, period, weight in whens_of(fleet))
    stated = plan.preference
    if (stated.skus if stated else ()) != fleet.limits.prefer:
        yield f"prefers {', '.join(stated.skus) if stated else 'no SKU'}, the fleet {', '.join(fleet.limits.prefer)}"
    elif stated is not None and not isclose(held, stated.gpus_elsewhere, rel_tol=TOLERANCE, abs_tol=1e-9):
        yield f"{held:g} GPUs are held on SKUs that are not preferred, the plan says {stated.gpus_elsewhere:g}"


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
