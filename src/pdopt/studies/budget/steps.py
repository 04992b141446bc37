"""From plans within some money to the steps of a curve: what each buys, and what a dollar more is worth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pdopt.fleet.fleet import Fleet
from pdopt.plan.plan import Plan
from pdopt.studies.budget.answers import Bought, Knee, More, Step
from pdopt.studies.figures import figures, million_tokens_per_h

NOISE = 1e-6
CLEAR = 0.02  # of the way from a straight line to a step at once: less is no bend


def step_of(fleet: Fleet, plan: Plan, budget_per_h: float) -> Step:
    """Give what a plan within some money serves and buys; without a budget, one that serves everything."""
    demand = sum(promise.demand_rps for promise in plan.workloads)
    values = _values(fleet, plan)
    value = sum(values)
    return Step(
        plan=figures(fleet, plan),
        budget_per_hour=budget_per_h,
        value_per_hour=value,
        value_bound_per_hour=value if plan.budget is None else max(plan.budget.value_bound_per_hour, value),
        value_by_priority=values,
        served=_part(sum(promise.served_rps for promise in plan.workloads), demand),
        workloads={promise.name: _part(promise.served_rps, promise.demand_rps) for promise in plan.workloads},
        million_tokens_per_hour=million_tokens_per_h(fleet, plan),
        buys=tuple(bought(fleet, plan)),
    )


def _values(fleet: Fleet, plan: Plan) -> tuple[float, ...]:
    """Value per hour of what is served, by priority."""
    found = dict.fromkeys(sorted({asked.priority for asked in fleet.workloads.values()}), 0.0)
    for promise in plan.workloads:
        asked = fleet.workloads[promise.name]
        found[asked.priority] += asked.value * promise.served_rps * 3600
    return tuple(found.values())


def _part(served: float, demand: float) -> float:
    """Give a part; what a solver's tolerances leave out of all is none."""
    return 1.0 if served >= demand * (1 - NOISE) else served / demand


def bought(fleet: Fleet, plan: Plan) -> Iterable[Bought]:
    """Give the buy list of a plan: nodes by SKU and term."""
    hours = sum(period.hours for period in fleet.periods)
    part = {(s.name, p.name): s.probability * p.hours / hours for s in fleet.scenarios for p in fleet.periods}
    of_all = {period.name: period.hours / hours for period in fleet.periods}
    for rental in plan.skus:
        gpus = fleet.skus[rental.sku].gpus
        if rental.terms is None and rental.nodes:
            yield Bought(sku=rental.sku, term="on_demand", nodes=rental.nodes, mean_nodes=rental.gpus_rented / gpus)
        for use in rental.terms or ():
            mean = sum(
                h.gpus / gpus * (of_all[h.period] if h.scenario is None else part[h.scenario, h.period])
                for h in use.periods
            )
            if use.nodes:
                yield Bought(sku=rental.sku, term=use.term, nodes=use.nodes, mean_nodes=mean)


def linked(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Give steps in order of their cost, each with how it differs from the one before."""
    ordered = sorted(steps, key=lambda step: step.cost_per_hour)
    return tuple(_after(ordered[i - 1] if i else None, step) for i, step in enumerate(ordered))


def _after(before: Step | None, step: Step) -> Step:
    if before is None:
        return step.model_copy(update={"adds": tuple(_difference((), step.buys))})
    usd = step.cost_per_hour - before.cost_per_hour
    tokens = step.million_tokens_per_hour - before.million_tokens_per_hour
    return step.model_copy(
        update={
            "adds": tuple(_difference(before.buys, step.buys)),
            "more_value_per_usd": (step.value_per_hour - before.value_per_hour) / usd if usd > 0 else None,
            "usd_per_million_tokens_more": usd / tokens if tokens > 0 and usd > 0 else None,
        }
    )


def _difference(before: Iterable[Bought], after: Iterable[Bought]) -> Iterable[More]:
    had = {(one.sku, one.term): one.mean_nodes for one in before}
    has = {(one.sku, one.term): one.mean_nodes for one in after}
    for sku, term in dict.fromkeys([*has, *had]):
        more = has.get((sku, term), 0.0) - had.get((sku, term), 0.0)
        if abs(more) > NOISE:
            yield More(sku=sku, term=term, mean_nodes=more)


def knee(steps: Sequence[Step]) -> Knee | None:
    """Give the step that lies farthest above the straight line from the first to the last, money and value as parts.

    That is where the value gained exceeds the money spent, both as parts of the whole curve, the most; None where no
    step lies clearly above the line: then every dollar serves about as much.
    """
    first, last = steps[0], steps[-1]
    usd, value = last.cost_per_hour - first.cost_per_hour, last.value_per_hour - first.value_per_hour
    if len(steps) < 3 or usd <= 0 or value <= 0:
        return None

    def parts(step: Step) -> tuple[float, float]:
        return (step.cost_per_hour - first.cost_per_hour) / usd, (step.value_per_hour - first.value_per_hour) / value

    best = max(steps[1:-1], key=lambda step: parts(step)[1] - parts(step)[0])
    money, reached = parts(best)
    if reached - money < CLEAR:
        return None
    return Knee(
        cost_per_hour=best.cost_per_hour,
        money=money,
        value=reached,
        before_per_usd=reached * value / (money * usd),
        after_per_usd=(1 - reached) * value / ((1 - money) * usd),
    )
