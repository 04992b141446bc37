"""The audit of nodes and money: what is held carries what runs, and costs what is said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import isclose

from pdopt.fleet.fleet import Fleet, Sku, Term
from pdopt.plan.plan import Plan, Pool, Rental, TermUse

TOLERANCE = 1e-6
Whens = list[tuple[str, str, float]]  # scenario, period, weight


def audit_money(fleet: Fleet, plan: Plan) -> Iterator[str]:
    """Recompute nodes, stock and dollars of a plan."""
    yield from _names(fleet, plan)
    for rental in plan.skus:
        if rental.sku in fleet.skus:
            sku = fleet.skus[rental.sku]
            yield from _room(fleet, plan, sku, rental)
            yield from _stock(sku, rental)
            yield from _price(fleet, sku, rental)
    yield from _totals(fleet, plan)


def pools_at(plan: Plan, scenario: str, period: str) -> tuple[Pool, ...]:
    """Give the pools that run in one period of one scenario."""
    return tuple(pool for pool in plan.pools if pool.period in (None, period) and pool.scenario in (None, scenario))


def running_when(fleet: Fleet, scenario: str, period: str) -> dict[str, str]:
    """Name the scenario and the period, where there are several."""
    when = {"scenario": scenario} if len(fleet.scenarios) > 1 else {}
    return when | ({"period": period} if len(fleet.periods) > 1 else {})


def gpus_held(rental: Rental, period: str, scenarios: set[str], spot: bool | None = None) -> int:
    """GPUs of the nodes held of a SKU in one period; only those of spot terms, or only the others, if asked."""
    if rental.terms is None:
        return 0 if spot else rental.gpus_rented
    return sum(
        holding.gpus
        for term in rental.terms
        for holding in term.periods
        if spot in (None, term.kind == "spot")
        and holding.period == period
        and (holding.scenario is None or not scenarios or holding.scenario in scenarios)
    )


def whens_of(fleet: Fleet) -> Whens:
    """Give every period of every scenario with its part of the expected time."""
    hours = sum(period.hours for period in fleet.periods)
    return [(s.name, p.name, s.probability * p.hours / hours) for s in fleet.scenarios for p in fleet.periods]


def _names(fleet: Fleet, plan: Plan) -> Iterator[str]:
    rented = {rental.sku for rental in plan.skus}
    for name in sorted({name for name, sku in fleet.skus.items() if sku.at_least} - rented):
        yield f"{name}: nodes are wanted in any case and none is rented"
    if len(rented) < len(plan.skus) or rented - fleet.skus.keys():
        yield f"rents {', '.join(rental.sku for rental in plan.skus)}; there are {', '.join(fleet.skus)}, each once"
    for name in sorted({pool.sku for pool in plan.pools} - rented):
        yield f"{name}: GPUs are used and none is rented"


def _room(fleet: Fleet, plan: Plan, sku: Sku, rental: Rental) -> Iterator[str]:
    """Check that instances fit on the nodes, spot apart, and that pools keep to their share of spot."""
    terms = {term.name: term for term in sku.ways_to_pay}
    for scenario, period, _ in whens_of(fleet):
        mine = [pool for pool in pools_at(plan, scenario, period) if pool.sku == sku.name]
        spot = sum(sum((pool.on_spot or {}).values()) * pool.gpus_per_instance for pool in mine)
        used = sum(pool.instances * pool.gpus_per_instance for pool in mine) - spot
        if gpus_held(rental, period, {scenario}) < sku.at_least * sku.gpus:
            yield f"{sku.name}: fewer than the {sku.at_least} nodes that are wanted in any case"
        for kind, needed, held in (
            ("", used, gpus_held(rental, period, {scenario}, spot=False)),
            ("spot ", spot, gpus_held(rental, period, {scenario}, spot=True)),
        ):
            if needed > held:
                yield f"{sku.name}: {needed} {kind}GPUs used in {period}, {held} held"
        for pool in mine:
            away, where = 0.0, f"{pool.model} {pool.role} on {sku.name}"
            if sum((pool.on_spot or {}).values()) > pool.instances:
                yield f"{where}: {sum((pool.on_spot or {}).values())} of {pool.instances} instances on spot nodes"
            for name, count in (pool.on_spot or {}).items():
                away += count * terms[name].interruption
                if count > terms[name].max_share * pool.instances * (1 + TOLERANCE):
                    yield f"{where}: {count} of {pool.instances} instances on {name}"
            if not isclose(away, pool.expected_away or 0.0, abs_tol=1e-9):
                yield f"{where}: {away} instances are away, not {pool.expected_away}"


def _stock(sku: Sku, rental: Rental) -> Iterator[str]:
    if rental.nodes % sku.sold_in or rental.gpus_rented > rental.nodes * sku.gpus:
        yield f"{sku.name}: {rental.gpus_rented} GPUs on {rental.nodes} nodes of {sku.gpus}, sold in {sku.sold_in}"
    if sku.available is not None and rental.nodes > sku.available:
        yield f"{sku.name}: {rental.nodes} nodes rented, {sku.available} available"
    terms = {term.name: term for term in sku.ways_to_pay}
    for use in rental.terms or ():
        term = terms.get(use.term)
        if term is None or term.kind != use.kind:
            yield f"{sku.name}: there is no {use.kind} term {use.term}"
            continue
        counts = {holding.gpus for holding in use.periods}
        if term.committed and len(counts) > 1:
            yield f"{sku.name}: {use.term} is committed to, and holds {sorted(counts)} GPUs"
        if any(holding.nodes * sku.gpus < holding.gpus for holding in use.periods):
            yield f"{sku.name}: {use.term} holds more GPUs than its nodes have"
        if term.available is not None and _most_drawn(terms, rental, term) > term.available:
            yield f"{sku.name}: {use.term} holds more nodes than its {term.available}"
        if term.periods and {holding.period for holding in use.periods} - set(term.periods):
            yield f"{sku.name}: {use.term} is held when it is not offered"


def _most_drawn(terms: dict[str, Term], rental: Rental, term: Term) -> int:
    """Most nodes held at once under a term and those that share its stock."""
    drawn: dict[tuple[str | None, str], int] = defaultdict(int)
    for use in rental.terms or ():
        other = terms.get(use.term)
        if other is not None and (use.term == term.name or (term.stock and other.stock == term.stock)):
            for holding in use.periods:
                drawn[holding.scenario, holding.period] += holding.nodes
    return max(drawn.values(), default=0)


def _price(fleet: Fleet, sku: Sku, rental: Rental) -> Iterator[str]:
    """Check the dollars of a SKU, and of each of its terms."""
    if rental.terms is None:
        units = rental.nodes if sku.billing == "node" else rental.gpus_rented / sku.gpus
        due = units * sku.usd_per_h
    else:
        terms = {term.name: term for term in sku.ways_to_pay}
        dues = {use.term: _due(fleet, sku, use, terms[use.term]) for use in rental.terms if use.term in terms}
        for use in rental.terms:
            if not isclose(use.usd_per_hour, dues.get(use.term, -1.0), rel_tol=TOLERANCE, abs_tol=1e-9):
                yield f"{sku.name}: {use.term} costs {dues.get(use.term)}, the plan says {use.usd_per_hour}"
        due = sum(dues.values())
    if not isclose(rental.usd_per_hour, due, rel_tol=TOLERANCE, abs_tol=1e-9):
        yield f"{sku.name}: {rental.usd_per_hour} dollars per hour stated, {due} due"


def _due(fleet: Fleet, sku: Sku, use: TermUse, term: Term) -> float:
    hours: dict[tuple[str | None, str], float] = defaultdict(float)
    for scenario, period, weight in whens_of(fleet):
        hours[scenario, period] += weight
        hours[None, period] += weight
    paid = sum(holding.gpus / sku.gpus * hours[holding.scenario, holding.period] for holding in use.periods)
    return paid * term.usd_per_h + term.sunk_usd_per_h


def _totals(fleet: Fleet, plan: Plan) -> Iterator[str]:
    """Check that the parts add up, starts included, and that bound, gap and budget are what they must be."""
    starts = plan.costs.get("starts", 0.0)
    if not isclose(starts, _starts(fleet, plan), rel_tol=TOLERANCE, abs_tol=1e-9):
        yield f"starts cost {_starts(fleet, plan)}, the plan says {starts}"
    carbon = _carbon(fleet, plan, whens_of(fleet))
    if not isclose(plan.costs.get("carbon", 0.0), carbon, rel_tol=TOLERANCE, abs_tol=1e-9):
        yield f"CO2 costs {carbon}, the plan says {plan.costs.get('carbon', 0.0)}"
    change = _change(fleet, plan)
    if not isclose(plan.costs.get("change", 0.0), change, rel_tol=TOLERANCE, abs_tol=1e-9):
        yield f"changes cost {change}, the plan says {plan.costs.get('change', 0.0)}"
    total = sum(rental.usd_per_hour for rental in plan.skus) + starts + carbon + change
    for what, amount in (("rentals", total), ("costs", sum(plan.costs.values()))):
        if not isclose(amount, plan.cost_per_hour, rel_tol=TOLERANCE, abs_tol=1e-9):
            yield f"the {what} add up to {amount}, the plan says {plan.cost_per_hour} dollars per hour"
    minimised = plan.cost_per_hour if plan.minimised_per_hour is None else plan.minimised_per_hour
    if fleet.risk.weight and not isclose(minimised, _weighed(fleet, plan), rel_tol=1e-5, abs_tol=1e-9):
        yield f"cost and risk come to {_weighed(fleet, plan)}, the plan says {minimised}"
    if plan.bound_per_hour > minimised * (1 + TOLERANCE) + 1e-9:
        yield f"the bound {plan.bound_per_hour} lies above the cost {minimised}"
    if plan.budget is None:
        due = (minimised - plan.bound_per_hour) / minimised if minimised > 0 else 0.0
        if not isclose(plan.gap, due, abs_tol=TOLERANCE):
            yield f"the gap is {due:g}, the plan says {plan.gap:g}"
        return
    if plan.cost_per_hour > (fleet.budget_usd_per_h or 0.0) * (1 + TOLERANCE):
        yield f"{plan.cost_per_hour} dollars per hour exceed the budget of {fleet.budget_usd_per_h}"
    value = sum(fleet.workloads[promise.name].value * promise.served_rps * 3600 for promise in plan.workloads)
    if not isclose(plan.budget.value_per_hour, value, rel_tol=1e-5, abs_tol=1e-6):
        yield f"what is served is worth {value} per hour, the plan says {plan.budget.value_per_hour}"


def kg_per_h(fleet: Fleet, plan: Plan, whens: Whens) -> float:
    """CO2 of all nodes held in some periods of some scenarios, weighed: power, times PUE, times grams per kWh."""
    total = 0.0
    for rental in plan.skus if fleet.sites else ():
        if rental.sku not in fleet.skus:
            continue
        sku = fleet.skus[rental.sku]
        site = fleet.sites[sku.site or ""]
        node_kg_per_h = (sku.power_kw or 0.0) * site.pue * site.gco2_per_kwh / 1e3
        nodes = (weight * gpus_held(rental, period, {scenario}) / sku.gpus for scenario, period, weight in whens)
        total += node_kg_per_h * sum(nodes)
    return total


def _carbon(fleet: Fleet, plan: Plan, whens: Whens) -> float:
    return fleet.carbon_usd_per_kg * kg_per_h(fleet, plan, whens) if fleet.carbon_usd_per_kg else 0.0


def _change(fleet: Fleet, plan: Plan) -> float:
    over, found = fleet.changeover, plan.changes or ()
    if over is None:
        return 0.0
    return sum(over.usd_per_start * c.starts + over.usd_per_stop * c.stops for c in found) / over.over_h


def _starts(fleet: Fleet, plan: Plan) -> float:
    """Dollars per hour of starting (and stopping) nodes and instances, from the counts of one period to the next."""
    turn_h = sum(period.hours for period in fleet.periods)
    total = 0.0
    for scenario in fleet.scenarios if len(fleet.periods) > 1 else ():
        for period in fleet.periods:
            pair = (fleet.before(period).name, period.name)
            total += scenario.probability / turn_h * _changes(fleet, plan, scenario.name, pair)
    return total


def _changes(fleet: Fleet, plan: Plan, scenario: str, periods: tuple[str, str]) -> float:
    usd, (before, now) = 0.0, periods
    for rental in plan.skus:
        sku = fleet.skus[rental.sku]
        for use in rental.terms or ():
            gpus = {h.period: h.gpus for h in use.periods if h.scenario in (None, scenario)}
            more = max(gpus.get(now, 0) - gpus.get(before, 0), 0) if use.kind != "reserved" else 0
            usd += more / sku.gpus * (sku.start_usd + sku.stop_usd)
    counts: dict[tuple[str, str, str, object], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for period in periods:
        for p in pools_at(plan, scenario, period):
            shape = (p.gpus_per_instance, p.parallelism, p.dp, p.engine, p.precision)
            counts[p.model, p.role, p.sku, shape][period] += p.instances
    for (llm, _, _, _), count in counts.items():
        usd += fleet.llms[llm].start_usd * max(count[now] - count[before], 0)
    return usd


def _weighed(fleet: Fleet, plan: Plan) -> float:
    """Give the expected cost weighed with the mean of the dearest scenarios, from the costs of each."""
    costs = []
    for scenario in fleet.scenarios:
        alone = plan.model_copy(update={"pools": tuple(p for p in plan.pools if p.scenario in (None, scenario.name))})
        hours = sum(period.hours for period in fleet.periods)
        whens = [(scenario.name, period.name, period.hours / hours) for period in fleet.periods]
        spent = fleet.sunk_usd_per_h + _carbon(fleet, plan, whens) + _change(fleet, plan)
        for period in fleet.periods:
            for rental in plan.skus:
                terms = {term.name: term for term in fleet.skus[rental.sku].ways_to_pay}
                spent += sum(
                    period.hours / hours * holding.gpus / fleet.skus[rental.sku].gpus * terms[use.term].usd_per_h
                    for use in rental.terms or ()
                    for holding in use.periods
                    if holding.period == period.name and holding.scenario in (None, scenario.name)
                )
        for period in fleet.periods if len(fleet.periods) > 1 else ():
            pair = (fleet.before(period).name, period.name)
            spent += _changes(fleet, alone, scenario.name, pair) / hours
        costs.append((spent, scenario.probability))
    alpha, weight = fleet.risk.alpha, fleet.risk.weight
    left, tail = 1 - alpha, 0.0
    for spent, probability in sorted(costs, reverse=True):
        part = min(probability, left)
        tail, left = tail + part * spent, left - part
    dearest = tail / (1 - alpha) if alpha < 1 else max(spent for spent, _ in costs)
    return (1 - weight) * sum(spent * probability for spent, probability in costs) + weight * dearest
