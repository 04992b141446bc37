"""Growth that cannot be served: the first month in which it cannot, and whether ordering earlier would have helped."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pdopt.fleet.fleet import Fleet
from pdopt.plan.plan import Answer, NoPlan, Plan, Reason
from pdopt.studies.months.answers import Runway
from pdopt.studies.months.expand import in_month

Solved = Callable[[Fleet, bool], Answer]  # a fleet, whether to say why it has no plan
FARTHEST = 60  # months


def first_month_without(fleet: Fleet, months: int, solved: Solved) -> list[Reason]:
    """Give the reasons of the first month that has no plan even alone; empty where each has one."""
    for month in range(1, months + 1):
        if solved(in_month(fleet, month), False).status == "infeasible":
            late = _late(fleet, month, solved)
            alone = solved(in_month(fleet, month, delivered=False), True)
            if late or not isinstance(alone, NoPlan):
                return late
            return [r.model_copy(update={"sentence": f"month {month}: {r.sentence}"}) for r in alone.reasons]
    return []


def _late(fleet: Fleet, month: int, solved: Solved) -> list[Reason]:
    """Say what would have to be there already, where that would do."""
    plan = solved(in_month(fleet, month, delivered=False), False)
    if not isinstance(plan, Plan):
        return []
    nodes = "; ".join(_ordered_late(fleet, plan, month))
    words = f"month {month}: what can be delivered by then is not enough; with everything there it would take {nodes}"
    return [Reason(kind="stock", sentence=words)]


def _ordered_late(fleet: Fleet, plan: Plan, month: int) -> Iterator[str]:
    for rental in plan.skus:
        terms = {term.name: term for term in fleet.skus[rental.sku].ways_to_pay}
        uses = rental.terms or ()
        held = {use.term: use.nodes for use in uses} if uses else {next(iter(terms)): rental.nodes}
        for name, count in held.items():
            before = terms[name].lead_months - month + 1
            if count and before > 0:
                when = f"{before} {'month' if before == 1 else 'months'} before the first"
                yield f"{count} {rental.sku} {name}, ordered {when} (lead time {terms[name].lead_months})"


def runway(fleet: Fleet, months: int, solved: Solved) -> Runway | None:
    """Give the first month after those planned in which stock and limits no longer carry the growth.

    None where nothing grows, or something shrinks: then later months need not be harder than earlier ones.
    """
    growth = [workload.growth_per_month for workload in fleet.workloads.values()]
    if not any(growth) or min(growth) < 0 or not _limited(fleet):
        return None
    enough, short = months, None
    if solved(in_month(fleet, FARTHEST), False).status == "infeasible":
        short = FARTHEST
    while short is not None and short - enough > 1:
        month = (enough + short) // 2
        if solved(in_month(fleet, month), False).status == "infeasible":
            short = month
        else:
            enough = month
    if short is None or short <= months:
        return Runway(looked=max(FARTHEST, months))
    answer = solved(in_month(fleet, short), True)
    reasons = answer.reasons if isinstance(answer, NoPlan) else ()
    told = sorted(reasons, key=lambda reason: reason.kind == "demand")  # what is short, before how much can be carried
    return Runway(looked=FARTHEST, month=short, why=told[0].sentence if told else None)


def _limited(fleet: Fleet) -> bool:
    stock = all(
        sku.available is not None or all(term.available is not None for term in sku.ways_to_pay)
        for sku in fleet.skus.values()
    )
    power = fleet.limits.power_kw is not None or any(site.power_kw is not None for site in fleet.sites.values())
    return stock or power or bool(fleet.quotas) or fleet.limits.carbon_kg_per_hour is not None
