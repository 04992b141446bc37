"""The audit: every promise of a plan recomputed from the fleet alone, by plain arithmetic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import isclose

from pdopt.fleet.fleet import Fleet
from pdopt.plan.audit_changes import audit_changes
from pdopt.plan.audit_encode import audit_encode
from pdopt.plan.audit_limits import beyond_averages, beyond_limits
from pdopt.plan.audit_losses import losses
from pdopt.plan.audit_money import audit_money, gpus_held, pools_at, running_when
from pdopt.plan.audit_sites import after_losing_at, site_losses
from pdopt.plan.audit_ways import ways
from pdopt.plan.conditions import AS_STATED
from pdopt.plan.deviations import deviating
from pdopt.plan.forecasts import FORECASTS, forecast_of
from pdopt.plan.forward.line import Unpredictable
from pdopt.plan.placement import misplaced
from pdopt.plan.plan import Plan, Promise

TOLERANCE = 1e-6


class BrokenPromiseError(RuntimeError):
    """A plan that was about to be given does not keep what it says: a fault of pdopt, never of the user."""


def audit(fleet: Fleet, plan: Plan, current: Plan | None = None) -> list[str]:
    """Recompute rates, latencies, nodes and cost of a plan, and what it changes of the one that runs now.

    Returns
    -------
    list of str
        One sentence per broken promise; empty when the plan keeps them all.
    """
    broken = [*_stated(fleet, plan), *audit_money(fleet, plan), *beyond_averages(fleet, plan)]
    broken += audit_changes(fleet, plan, current)
    several = len(fleet.scenarios) * len(fleet.periods) > 1
    for scenario in fleet.scenarios:
        for period in fleet.periods:
            then = fleet.at(scenario.name, period.name)
            where = f"in {' '.join(running_when(fleet, scenario.name, period.name).values())}: " if several else ""
            broken += [where + sentence for sentence in _then(then, plan, scenario.name, period.name)]
    return broken


def _then(fleet: Fleet, plan: Plan, scenario: str, period: str) -> list[str]:
    """Look at one period of one scenario as at a plan of its own."""
    pools = pools_at(plan, scenario, period)
    now = plan.model_copy(update={"pools": pools})
    served = {p.name: _served(p, scenario, period) for p in plan.workloads}
    return [
        *_pools(fleet, now),
        *misplaced(fleet, now),
        *_targets(fleet, now),
        *losses(fleet, now),
        *_limits(fleet, now, scenario),
        *beyond_limits(fleet, now, scenario),
        *_rates(fleet, now, served),
        *ways(fleet, now),
        *audit_encode(fleet, now),
        *site_losses(fleet, now, after_losing_at(plan, scenario, period)),
    ]


def _served(promise: Promise, scenario: str, period: str) -> float:
    for spell in promise.periods or ():
        if spell.period == period and spell.scenario in (None, scenario):
            return spell.served_rps
    return promise.served_rps


def _stated(fleet: Fleet, plan: Plan) -> Iterator[str]:
    """Check what the plan says of each workload against the fleet, and its gap."""
    hours = sum(period.hours for period in fleet.periods)
    weight = {(s.name, p.name): s.probability * p.hours / hours for s in fleet.scenarios for p in fleet.periods}
    for promise in plan.workloads:
        workload = fleet.workloads.get(promise.name)
        rates = fleet.rates_rps(promise.name) if workload else {}
        mean = sum(weight[when] * rate for when, rate in rates.items())
        if workload is None or not isclose(promise.demand_rps, mean, rel_tol=TOLERANCE):
            yield f"{promise.name}: the fleet does not state a demand of {promise.demand_rps:g} requests per second"
            continue
        for target in workload.targets:
            for said in (promise, *(promise.periods or ())):
                stated = getattr(said, f"{target.metric}_{target.statistic}_ms")
                if stated is not None and stated > target.bound_s * 1e3 * (1 + TOLERANCE):
                    yield f"{promise.name}: {target.metric} {target.statistic} of {stated:g} ms exceeds its target"


def _pools(fleet: Fleet, plan: Plan) -> Iterator[str]:
    for pool in plan.pools:
        where = f"{pool.model} {pool.role} on {pool.sku}"
        if pool.instances < 1:
            yield f"{where}: {pool.instances} instances"
        if pool.sku not in fleet.skus or fleet.skus[pool.sku].gpu != pool.gpu:
            yield f"{where}: the SKU does not offer {pool.gpu}"
        llms = {name: workload.llm for name, workload in fleet.workloads.items()}
        if any(rate < 0 or llms.get(name) != pool.model for name, rate in pool.serves.items()):
            yield f"{where}: serves a workload it cannot"


def _targets(fleet: Fleet, plan: Plan) -> Iterator[str]:
    for pool in plan.pools:
        if pool.instances < 1:
            continue
        where = f"{pool.model} {pool.role} on {pool.sku}"
        used_up = ((f" with margins used up{words}", case) for words, case in deviating(fleet, pool))
        try:
            forecast = forecast_of(fleet, pool, plan.pools)
            for words, conditions in (("", AS_STATED), *used_up):
                for missed in forecast.broken(conditions):
                    yield f"{where}{words}: {missed}"
        except (Unpredictable, LookupError) as error:
            yield f"{where}: {error}"


def _limits(fleet: Fleet, plan: Plan, scenario: str) -> Iterator[str]:
    """Count the SKUs in use and the kilowatts of what is rented."""
    most, power_kw = fleet.limits.max_skus, fleet.limits.power_kw
    if most is not None and len(plan.skus) > most:
        yield f"{len(plan.skus)} SKUs in use, at most {most} are wanted"
    (period,) = fleet.periods
    drawn_kw = 0.0
    for rental in plan.skus:
        sku = fleet.skus.get(rental.sku)
        gpus = gpus_held(rental, period.name, {scenario})
        drawn_kw += (sku.power_kw or 0.0) * gpus / sku.gpus if sku else 0.0
    if power_kw is not None and drawn_kw > power_kw * (1 + TOLERANCE):
        yield f"the rented nodes draw {drawn_kw:g} kW, at most {power_kw:g} kW are there"


def _rates(fleet: Fleet, plan: Plan, stated: dict[str, float]) -> Iterator[str]:
    sides: dict[str, dict[str, float]] = {role: defaultdict(float) for role in FORECASTS}
    for pool in plan.pools:
        for name, rate in pool.serves.items():
            sides[pool.role][name] += rate
    for name, workload in fleet.workloads.items():
        asked = workload.min_served * workload.demand_rps
        for role in ("prefill", "decode"):
            carried = sides[role][name] + sides["mixed"][name]
            if carried < asked * (1 - TOLERANCE):
                yield f"{name}: {role} carries {carried:.6g} of {asked:.6g} requests per second"
            if carried > workload.demand_rps * (1 + TOLERANCE) + 1e-12:
                yield f"{name}: {role} carries {carried:.6g} requests per second, {workload.demand_rps:.6g} come"
            if not isclose(carried, stated.get(name, -1.0), rel_tol=TOLERANCE, abs_tol=1e-12):
                yield f"{name}: says it serves {stated.get(name)} requests per second, {role} carries {carried:.6g}"
