"""From counts and routes to a plan: pools, rentals, predictions, headroom, sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

import pdopt
from pdopt.capacity.table import LaneTable
from pdopt.fleet.fleet import Fleet
from pdopt.plan.changes import changes
from pdopt.plan.costs import costs
from pdopt.plan.decision import Decision
from pdopt.plan.holdings import Held, holdings
from pdopt.plan.limits import limits_of, preference_kept, quotas_used, sites_used
from pdopt.plan.notes import plan_notes
from pdopt.plan.placement import rules_of
from pdopt.plan.plan import Budget, Deviations, PeriodTotal, Plan, Pool, ProfileUsed
from pdopt.plan.pools import shape_of
from pdopt.plan.promises import Moment, promises
from pdopt.plan.rentals import rentals
from pdopt.plan.running import pools_of
from pdopt.plan.why import token_prices


def assemble(fleet: Fleet, table: LaneTable, decision: Decision) -> Plan:
    """State a decision as a plan, at the fleet's stated demand."""
    running = {slot.name: pools_of(fleet, table, decision, slot) for slot in table.slots}
    held = holdings(table, decision, running)
    moments = list(_moments(fleet, table, running))
    every = tuple(pool for pools in running.values() for pool in pools)
    profiles = tuple(_profiles_used(fleet, every))
    parts = costs(fleet, table, held, running)
    cost = sum(parts.values())
    minimised = decision.minimised_per_h + fleet.sunk_usd_per_h if fleet.risk.weight else cost
    bound = minimised if decision.proven else min(max(decision.bound_per_h + fleet.sunk_usd_per_h, 0.0), minimised)
    budget = _budget(fleet, decision)
    gap = (minimised - bound) / minimised if minimised > 0 else 0.0
    if budget is not None and budget.value_bound_per_hour > 0:
        gap = 1 - budget.value_per_hour / budget.value_bound_per_hour
    return Plan(
        status="optimal" if decision.proven else "feasible",
        cost_per_hour=cost,
        bound_per_hour=bound,
        gap=gap,
        name=fleet.name,
        pools=tuple(pool for moment in moments for pool in _dated(fleet, moment)),
        workloads=tuple(promises(fleet, moments)),
        skus=tuple(rentals(fleet, table, held, running)),
        costs=parts,
        carbon_kg_per_hour=sum(one.kg_per_h(table.slots) for one in held) if _emissions_known(fleet) else None,
        minimised_per_hour=minimised if fleet.risk.weight else None,
        periods=tuple(_totals(fleet, table, held, moments)) if len(moments) > 1 else None,
        budget=budget,
        assumptions=asdict(fleet.assumptions),
        margins={name: part for name, part in asdict(fleet.margins).items() if part or name != "encode"},
        redundancy=fleet.redundancy.stated(),
        after_losing=_after_losing(fleet, table, decision),
        uncertainty=_deviations(fleet),
        limits=limits_of(fleet),
        rules=rules_of(fleet),
        quotas=tuple(quotas_used(fleet, table.slots, held, running)) or None,
        changes=changes(table, running),
        preference=preference_kept(fleet, table.slots, held),
        sites=tuple(sites_used(fleet, table.slots, held)) or None,
        token_prices=tuple(token_prices(fleet, table, every)),
        profiles=profiles,
        notes=plan_notes(fleet, table, every, profiles),
        fleet_sha256=fleet.source_hash,
        pdopt_version=pdopt.__version__,
    )


def _moments(fleet: Fleet, table: LaneTable, running: dict[str, tuple[Pool, ...]]) -> Iterator[Moment]:
    slot_at = {when: slot.name for slot in table.slots for when in slot.whens}
    hours = sum(period.hours for period in fleet.periods)
    for scenario in fleet.scenarios:
        for period in fleet.periods:
            weight = scenario.probability * period.hours / hours
            yield Moment(scenario, period, weight, running[slot_at[scenario.name, period.name]])


def _dated(fleet: Fleet, moment: Moment) -> Iterable[Pool]:
    """Say when pools run, where there are several periods or scenarios."""
    when = {}
    if len(fleet.periods) > 1:
        when["period"] = moment.period.name
    if len(fleet.scenarios) > 1:
        when["scenario"] = moment.scenario.name
    return [pool.model_copy(update=when) for pool in moment.pools] if when else moment.pools


def _totals(fleet: Fleet, table: LaneTable, held: Sequence[Held], moments: Sequence[Moment]) -> Iterator[PeriodTotal]:
    slot_at = {when: slot.name for slot in table.slots for when in slot.whens}
    for moment in moments:
        slot = slot_at[moment.scenario.name, moment.period.name]
        several = len(fleet.scenarios) > 1
        yield PeriodTotal(
            period=moment.period.name,
            scenario=moment.scenario.name if several else None,
            hours=moment.period.hours,
            probability=moment.scenario.probability,
            cost_per_hour=sum(_usd_per_unit_h(table, one) * one.units.get(slot, 0) for one in held)
            + fleet.sunk_usd_per_h,
            gpus=sum(one.units.get(slot, 0) * one.node.gpus for one in held),
            instances=sum(pool.instances for pool in moment.pools),
        )


def _usd_per_unit_h(table: LaneTable, one: Held) -> float:
    return one.term.usd_per_h + table.carbon_usd_per_kg * one.node.kg_per_h


def _emissions_known(fleet: Fleet) -> bool:
    return bool(fleet.sites) and all(sku.power_kw is not None for sku in fleet.skus.values())


def _budget(fleet: Fleet, decision: Decision) -> Budget | None:
    """State values per hour, at the stated demand."""
    if fleet.budget_usd_per_h is None:
        return None
    per_hour = 3600 / (1 + fleet.margins.demand)
    hours = sum(period.hours for period in fleet.periods)
    weight = {(s.name, p.name): s.probability * p.hours / hours for s in fleet.scenarios for p in fleet.periods}
    wanted = sum(
        weight[when] * rate * workload.value
        for name, workload in fleet.workloads.items()
        for when, rate in fleet.rates_rps(name).items()
    )
    value = decision.value * per_hour
    return Budget(
        usd_per_hour=fleet.budget_usd_per_h,
        value_per_hour=value,
        value_bound_per_hour=max(decision.value_bound * per_hour, value),
        wanted_value_per_hour=wanted * 3600,
    )


def _after_losing(fleet: Fleet, table: LaneTable, decision: Decision) -> dict[str, tuple[Pool, ...]] | None:
    found = {}
    for gone, left in table.remaining.items():
        then = decision.after_losing(gone, left)
        serving = {slot.name: _serving(pools_of(fleet, table, then, slot)) for slot in table.slots}
        found[gone] = tuple(pool for moment in _moments(fleet, table, serving) for pool in _dated(fleet, moment))
    return found or None


def _serving(pools: tuple[Pool, ...]) -> tuple[Pool, ...]:
    return tuple(pool for pool in pools if pool.serves)


def _deviations(fleet: Fleet) -> Deviations | None:
    asked = fleet.uncertainty
    fractions = asked.among(fleet.workloads)
    return Deviations(workloads=asked.workloads, deviation=fractions) if fractions else None


def _profiles_used(fleet: Fleet, pools: Iterable[Pool]) -> Iterable[ProfileUsed]:
    seen = set()
    for pool in pools:
        key = (pool.model, pool.role, shape_of(pool))
        if key in seen:
            continue
        seen.add(key)
        for profile in getattr(fleet.llms[pool.model], pool.role):
            if profile.shape == shape_of(pool):
                for origin in profile.origins:
                    yield ProfileUsed(
                        model=pool.model,
                        role=pool.role,
                        shape=str(profile.shape),
                        kind=origin.kind or "unstated",
                        source=origin.source or "given in the fleet file",
                        date=origin.date or None,
                        engine_version=origin.engine_version or None,
                    )
