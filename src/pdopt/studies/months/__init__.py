"""Month by month: what to order when, so that growing demand is served at the least cost over all months."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pdopt
from pdopt.fleet.fleet import Fleet
from pdopt.fleet.hours import HOURS_PER_MONTH
from pdopt.plan.plan import Answer, NoPlan, Plan
from pdopt.solving.solve import no_plan, solve
from pdopt.studies.figures import million_tokens_per_h
from pdopt.studies.months.answers import Alternative, MonthlyPlan
from pdopt.studies.months.calendar import Calendar
from pdopt.studies.months.expand import in_month, orders_of, over_months
from pdopt.studies.months.why_not import first_month_without, runway

Tell = Callable[[str], None]
PROVEN = 1e-9
BY_USE, AT_ONCE, LAST = (
    "nothing committed to",
    "everything ordered in the first month",
    "the last month's nodes from the start",
)


def plan_months(
    fleet: Fleet,
    months: int | None = None,
    time_limit_s: float | None = 60.0,
    gap: float = 0.0,
    *,
    owe_all: bool = False,
    alternatives: bool = True,
    tell: Tell = lambda words: None,
) -> MonthlyPlan | NoPlan:
    """Plan growing demand over months, all of them together.

    Parameters
    ----------
    fleet : Fleet
        At the demand of the first month.
    months : int, optional
        How many; those that the fleet states by default.
    time_limit_s : float, optional
        Seconds for each solve.
    gap : float
        Relative gap at which each solve may stop.
    owe_all : bool
        Whether to count what commitments cost after the last month.
    alternatives : bool
        Whether to compare with other ways of going about it.
    tell : function, optional
        Takes what is being solved, in words.

    Raises
    ------
    ValueError
        The fleet weighs risk, or states no months.

    Returns
    -------
    MonthlyPlan, or NoPlan with the first month that cannot be served
    """
    if (refused := not_planned(fleet)) is not None:
        raise ValueError(refused)
    if (count := months or fleet.months) is None:
        raise ValueError("states neither growth nor months; say how many")
    return _Months(fleet, count, time_limit_s, gap, owe_all, tell).all(alternatives)


def not_planned(fleet: Fleet) -> str | None:
    """Say why a fleet cannot be planned over months; None where it can."""
    if not fleet.risk.weight:
        return None
    return "has a weight on risk; months are planned at their expected cost, so leave it out"


class _Months:
    """One fleet over months, and other ways of going about it."""

    def __init__(
        self, fleet: Fleet, months: int, time_limit_s: float | None, gap: float, owe_all: bool, tell: Tell
    ) -> None:
        self.fleet, self.months, self._owe_all, self._tell = fleet, months, owe_all, tell
        self._limit_s, self._gap = time_limit_s, gap
        self._expanded = over_months(fleet, months, owe_all)
        self._hours = HOURS_PER_MONTH * months

    def all(self, alternatives: bool) -> MonthlyPlan | NoPlan:
        self._tell(f"months 1 to {self.months}, together")
        plan = solve(self._expanded, self._limit_s, self._gap, reasons=False)
        if isinstance(plan, NoPlan):
            return self._no_plan(plan)
        answer = self._answer(plan)
        if self.fleet.budget_usd_per_h is not None:
            return answer
        if answer.status != "optimal":
            answer = _with_bound(answer, self._alone_usd())
        if alternatives:
            others = [self._against(answer, other) for other in self._alternatives()]
            answer = answer.model_copy(update={"alternatives": tuple(others)})
        self._tell("how far the stock carries the growth")
        return answer.model_copy(update={"runway": runway(self.fleet, self.months, self._any_plan)})

    def _answer(self, plan: Plan) -> MonthlyPlan:
        calendar = Calendar(self.fleet, self.months, plan)
        months = tuple(calendar.month(month) for month in range(1, self.months + 1))
        orders = tuple(calendar.orders())
        starts = plan.costs.get("starts", 0.0) * self._hours
        usd = sum(month.usd for month in months) + starts
        tokens = million_tokens_per_h(self._expanded, plan) * self._hours
        owed = sum(order.usd_after for order in orders)
        return MonthlyPlan(
            name=self.fleet.name,
            status=plan.status,
            months_planned=self.months,
            usd=usd,
            bound_usd=plan.bound_per_hour * self._hours,
            gap=plan.gap,
            usd_after=owed,
            owed_counted=self._owe_all,
            growth_per_month={name: w.growth_per_month for name, w in self.fleet.workloads.items()},
            usd_per_million_tokens=usd / tokens if tokens else None,
            budget_usd=None if plan.budget is None else plan.budget.usd_per_hour * self._hours,
            costs=_costs(plan, self._hours, owed if self._owe_all else 0.0),
            orders=orders,
            months=months,
            fleet_sha256=self.fleet.source_hash,
            pdopt_version=pdopt.__version__,
        )

    def _alone_usd(self) -> float:
        """Give what no plan is below: every month at its own cheapest, nothing being committed to for longer."""
        usd = 0.0
        for month in range(1, self.months + 1):
            self._tell(f"a bound: month {month} alone")
            answer = solve(in_month(self.fleet, month), self._limit_s, self._gap, reasons=False)
            usd += (answer.bound_per_hour or 0.0) * HOURS_PER_MONTH
        return usd

    def _no_plan(self, answer: NoPlan) -> NoPlan:
        """Say which month it fails in; where each could be served alone, what stands in the way of all together."""
        self._tell("each month alone")
        reasons = first_month_without(self.fleet, self.months, self._any_plan)
        if reasons:
            return no_plan(self.fleet, "infeasible", reasons)
        return answer if answer.status == "unknown" else solve_for_reasons(self._expanded, self._limit_s)

    def _any_plan(self, fleet: Fleet, reasons: bool) -> Answer:
        return solve(fleet, self._limit_s, 1.0, reasons=reasons)

    def _alternatives(self) -> Iterator[Alternative]:
        if any(orders_of(self.fleet, self.months)):
            yield self._by_use()
            at_once = {(o.sku, o.name) for o in orders_of(self.fleet, self.months) if o.order_month == 1}
            yield self._solved(AT_ONCE, self._with_orders(at_once), self._hours)
        last = _committed_only(in_month(self.fleet, self.months, delivered=False))
        yield self._solved(LAST, self._owing(last) if self._owe_all else last, self._hours)

    def _owing(self, fleet: Fleet) -> Fleet:
        """Give the fleet with commitments at what they cost to their end, spread over the months planned."""
        skus = {}
        for name, sku in fleet.skus.items():
            paid = (max((term.months or 0) / self.months, 1.0) if term.committed else 1.0 for term in sku.terms)
            terms = tuple(replace(t, usd_per_h=t.usd_per_h * part) for t, part in zip(sku.terms, paid, strict=True))
            skus[name] = replace(sku, terms=terms)
        return replace(fleet, skus=skus)

    def _by_use(self) -> Alternative:
        """Add up months that are solved alone: without commitments nothing joins them."""
        usd = bound = 0.0
        for month in range(1, self.months + 1):
            self._tell(f"{BY_USE}: month {month}")
            answer = solve(_uncommitted(in_month(self.fleet, month)), self._limit_s, self._gap, reasons=False)
            if isinstance(answer, NoPlan):
                return Alternative(what=BY_USE, why_not=f"month {month} cannot be served")
            usd, bound = usd + answer.cost_per_hour, bound + answer.bound_per_hour
        return Alternative(what=BY_USE, usd=usd * HOURS_PER_MONTH, bound_usd=bound * HOURS_PER_MONTH)

    def _solved(self, what: str, fleet: Fleet, hours: float) -> Alternative:
        self._tell(what)
        answer = solve(fleet, self._limit_s, self._gap, reasons=False)
        if isinstance(answer, NoPlan):
            state = "cannot be served so" if answer.status == "infeasible" else "no plan found in time"
            return Alternative(what=what, why_not=state)
        return Alternative(what=what, usd=answer.cost_per_hour * hours, bound_usd=answer.bound_per_hour * hours)

    def _with_orders(self, kept: set[tuple[str, str]]) -> Fleet:
        """Give the expanded fleet with some of its commitments, all others left out."""
        skus = {}
        for name, sku in self._expanded.skus.items():
            terms = tuple(t for t in sku.terms if not t.committed or (name, t.name) in kept)
            skus[name] = replace(sku, terms=terms, available=sku.available if terms or not sku.terms else 0)
        return replace(self._expanded, skus=skus)

    def _against(self, answer: MonthlyPlan, other: Alternative) -> Alternative:
        mine = answer.usd + (answer.usd_after if self._owe_all else 0.0)
        return other if other.usd is None else other.model_copy(update={"saved_usd": other.usd - mine})


def solve_for_reasons(fleet: Fleet, time_limit_s: float | None) -> NoPlan:
    """Give the reasons why a fleet that is known to have no plan has none."""
    answer = solve(fleet, time_limit_s)
    assert isinstance(answer, NoPlan)
    return answer


def _with_bound(answer: MonthlyPlan, usd: float) -> MonthlyPlan:
    """Give the answer with another bound, if that is better."""
    minimised = answer.usd + (answer.usd_after if answer.owed_counted else 0.0)
    bound = min(max(usd, answer.bound_usd), minimised)
    gap = (minimised - bound) / minimised if minimised else 0.0
    return answer.model_copy(
        update={"bound_usd": bound, "gap": gap, "status": "optimal" if gap < PROVEN else "feasible"}
    )


def _costs(plan: Plan, hours: float, owed_usd: float) -> dict[str, float]:
    """Give dollars by kind of term, of starts and CO2; what is owed after the last month is not paid within them."""
    found = {kind: usd_per_h * hours for kind, usd_per_h in plan.costs.items()}
    if owed_usd:
        found["reserved"] -= owed_usd
    return found


def _uncommitted(fleet: Fleet) -> Fleet:
    return _with_terms(fleet, committed=False)


def _committed_only(fleet: Fleet) -> Fleet:
    """Give the fleet with what is committed to or owned alone, where anything can be."""
    some = any(term.committed for sku in fleet.skus.values() for term in sku.terms)
    return _with_terms(fleet, committed=True) if some else fleet


def _with_terms(fleet: Fleet, committed: bool) -> Fleet:
    skus = {}
    for name, sku in fleet.skus.items():
        terms = tuple(t for t in sku.ways_to_pay if t.committed == committed or t.kind == "owned")
        kept = terms == sku.ways_to_pay
        skus[name] = sku if kept else replace(sku, terms=terms, available=sku.available if terms else 0)
    return replace(fleet, skus=skus)
