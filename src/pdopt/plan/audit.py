"""The audit: every promise of a plan recomputed from the fleet alone, by plain arithmetic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import isclose

from pdopt.fleet.fleet import Fleet
from pdopt.plan.audit_encode import audit_encode
from pdopt.plan.audit_money import audit_money, gpus_held, pools_at, running_when
from pdopt.plan.conditions import AS_STATED, with_margins_used_up
from pdopt.plan.forecasts import FORECASTS, forecast_of
from pdopt.plan.forward.line import Unpredictable
from pdopt.plan.placement import cannot_hand_over, misplaced
from pdopt.plan.plan import Plan, Pool, Promise
from pdopt.plan.pools import shape_of

TOLERANCE = 1e-6


class BrokenPromiseError(RuntimeError):
    """A plan that was about to be given does not keep what it says: a fault of pdopt, never of the user."""


def audit(fleet: Fleet, plan: Plan) -> list[str]:
    """Recompute rates, latencies, nodes and cost of a plan.

    Returns
    -------
    list of str
        One sentence per broken promise; empty when the plan keeps them all.
    """
    broken = [*_stated(fleet, plan), *audit_money(fleet, plan)]
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
        *_losses(fleet, now),
        *_limits(fleet, now),
        *_rates(fleet, now, served),
        *_ways(fleet, now),
        *audit_encode(fleet, now),
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
    for words, conditions in (("", AS_STATED), (" with margins used up", with_margins_used_up(fleet))):
        for pool in plan.pools:
            if pool.instances < 1:
                continue
            where = f"{pool.model} {pool.role} on {pool.sku}{words}"
            try:
                for missed in forecast_of(fleet, pool, plan.pools).broken(conditions):
                    yield f"{where}: {missed}"
            except (Unpredictable, LookupError) as error:
                yield f"{where}: {error}"


def _losses(fleet: Fleet, plan: Plan) -> Iterator[str]:
    """Look at every pool again with the instances gone that it must do without, and the margins used up."""
    gone = fleet.redundancy.instances
    for pool in plan.pools if gone else ():
        where = f"{pool.model} {pool.role} on {pool.sku} with {gone} of {pool.instances} instances gone"
        if pool.instances <= gone:
            yield f"{where}: none is left"
            continue
        left = pool.model_copy(update={"instances": pool.instances - gone})
        siblings = tuple(left if other is pool else other for other in plan.pools)
        for missed in forecast_of(fleet, left, siblings).broken(with_margins_used_up(fleet)):
            yield f"{where}: {missed}"


def _limits(fleet: Fleet, plan: Plan) -> Iterator[str]:
    """Count the SKUs in use and the kilowatts of what is rented."""
    most, power_kw = fleet.limits.max_skus, fleet.limits.power_kw
    if most is not None and len(plan.skus) > most:
        yield f"{len(plan.skus)} SKUs in use, at most {most} are wanted"
    (period,) = fleet.periods
    drawn_kw = 0.0
    for rental in plan.skus:
        sku = fleet.skus.get(rental.sku)
        gpus = gpus_held(rental, period.name, {pool.scenario for pool in plan.pools if pool.scenario})
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


def _ways(fleet: Fleet, plan: Plan) -> Iterator[str]:
    into: dict[tuple[str, str], float] = defaultdict(float)
    for pool in plan.pools:
        for handover, rates in ((pool.hands_over or {}) if pool.role == "prefill" else {}).items():
            for name, rate in rates.items():
                into[handover, name] += rate
                yield from _way(fleet, plan, pool, handover, name)
        if pool.role == "prefill":
            for name, rate in pool.serves.items():
                sent = sum(rates.get(name, 0.0) for rates in (pool.hands_over or {}).values())
                if not isclose(sent, rate, rel_tol=TOLERANCE, abs_tol=1e-12):
                    yield f"{name}: {pool.sku} prefills {rate:.6g} and hands over {sent:.6g} requests per second"
        if pool.role == "decode":
            for name, rate in pool.serves.items():
                into[pool.handover or "", name] -= rate
    for (handover, name), rate in into.items():
        demand_rps = fleet.workloads[name].demand_rps if name in fleet.workloads else 0.0
        if abs(rate) > TOLERANCE * demand_rps:
            yield f"{name}: prefill and decode differ by {rate:.6g} requests per second at {handover}"


def _way(fleet: Fleet, plan: Plan, pool: Pool, handover: str, name: str) -> Iterator[str]:
    """Check that a prefill pool can hand over to every decode pool that may take its requests."""
    for other in plan.pools:
        takes = other.role == "decode" and other.model == pool.model and other.handover == handover
        if not takes or name not in other.serves:
            continue
        if not shape_of(pool).hands_over_to(shape_of(other)):
            yield f"{name}: {shape_of(pool)} cannot hand its KV cache over to {shape_of(other)}"
        for why in cannot_hand_over(fleet, pool, other):
            yield f"{name}: {pool.sku} cannot hand its KV cache over to {other.sku}: {why}"
