"""The audit of lost sites: what is left serves what it says, within its targets, and enough."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from pdopt.fleet.fleet import Fleet
from pdopt.plan.audit_encode import audit_encode
from pdopt.plan.audit_money import pools_at
from pdopt.plan.audit_ways import ways
from pdopt.plan.conditions import with_margins_used_up
from pdopt.plan.forecasts import forecast_of
from pdopt.plan.forward.line import Unpredictable
from pdopt.plan.placement import misplaced
from pdopt.plan.plan import Plan, Pool
from pdopt.plan.pools import shape_of

TOLERANCE = 1e-6


def after_losing_at(plan: Plan, scenario: str, period: str) -> dict[str, tuple[Pool, ...]]:
    """Give the pools that are left in one period of one scenario, by the sites gone."""
    stated = plan.after_losing or {}
    return {gone: pools_at(plan.model_copy(update={"pools": p}), scenario, period) for gone, p in stated.items()}


def site_losses(fleet: Fleet, plan: Plan, after: dict[str, tuple[Pool, ...]]) -> Iterator[str]:
    """Look at what is left of a plan of one period when sites are gone, for all that may be, margins used up."""
    sites = dict.fromkeys(sku.site for sku in fleet.skus.values() if sku.site is not None)
    for gone in combinations(sites, fleet.redundancy.sites) if fleet.redundancy.sites else ():
        name = " and ".join(gone)
        left = plan.model_copy(update={"pools": after.get(name, ())})
        checks = (*_there(fleet, plan, left, gone), *_carried(fleet, left), *_targets(fleet, left))
        for sentence in (*checks, *misplaced(fleet, left), *ways(fleet, left), *audit_encode(fleet, left)):
            yield f"with {name} gone: {sentence}"


def _there(fleet: Fleet, plan: Plan, left: Plan, gone: tuple[str, ...]) -> Iterator[str]:
    """Check that nothing stands where nothing is left, and that no more instances of a kind serve than run."""
    running, serving = _instances(plan), _instances(left)
    for kind, count in serving.items():
        model, role, sku, *_ = kind
        if sku in fleet.skus and fleet.skus[sku].site in gone:
            yield f"{model} {role} on {sku} stands in {fleet.skus[sku].site}"
        if count > running.get(kind, 0.0) * (1 + TOLERANCE):
            yield f"{model} {role} on {sku}: {count:g} instances serve, {running.get(kind, 0.0):g} run"


def _instances(plan: Plan) -> dict[tuple[str, ...], float]:
    found: dict[tuple[str, ...], float] = defaultdict(float)
    for pool in plan.pools:
        found[pool.model, pool.role, pool.sku, str(shape_of(pool)), str(pool.handover)] += pool.carrying
    return found


def _carried(fleet: Fleet, left: Plan) -> Iterator[str]:
    for name, workload in fleet.workloads.items():
        asked = fleet.redundancy.serve * workload.min_served * workload.demand_rps
        for side in ("prefill", "decode"):
            rates = [pool.serves.get(name, 0.0) for pool in left.pools if pool.role in (side, "mixed")]
            if sum(rates) < asked * (1 - TOLERANCE):
                yield f"{name}: {side} carries {sum(rates):.6g} of {asked:.6g} requests per second"


def _targets(fleet: Fleet, left: Plan) -> Iterator[str]:
    for pool in left.pools:
        where = f"{pool.model} {pool.role} on {pool.sku}"
        if any(fleet.workloads[name].llm != pool.model for name in pool.serves if name in fleet.workloads):
            yield f"{where}: serves a workload it cannot"
        for name, rate in pool.serves.items():
            if rate < 0:
                yield f"{name}: {pool.role} carries less than nothing"
        try:
            for missed in forecast_of(fleet, pool, left.pools).broken(with_margins_used_up(fleet)):
                yield f"{where}: {missed}"
        except (Unpredictable, LookupError) as error:
            yield f"{where}: {error}"
