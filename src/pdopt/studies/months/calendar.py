"""From a plan over months to what is held, paid and ordered in each of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from pdopt.fleet.fleet import Fleet, Term
from pdopt.fleet.hours import HOURS_PER_MONTH
from pdopt.plan.plan import Plan, Promise, Rental, TermUse
from pdopt.studies.figures import instances
from pdopt.studies.months.answers import HeldNodes, Month, Order
from pdopt.studies.months.expand import Order as Begun
from pdopt.studies.months.expand import month_of, orders_of


@dataclass(frozen=True)
class Calendar:
    """A plan of the expanded fleet, read month by month; prices are those of the fleet as stated."""

    fleet: Fleet
    months: int
    plan: Plan

    def month(self, month: int) -> Month:
        """Give what is there in a month, and what it costs."""
        names = month_of(self.fleet, month)
        held = tuple(one for rental in self.plan.skus for one in self._held(rental, month))
        carbon = sum(self._carbon_usd(rental, month) for rental in self.plan.skus)
        used, there = self._node_hours(month)
        pools = tuple(pool for pool in self.plan.pools if pool.period in (None, *names))
        return Month(
            month=month,
            demand_rps=sum(self._rate(promise, month, "demand_rps") for promise in self.plan.workloads),
            served_rps=sum(self._rate(promise, month, "served_rps") for promise in self.plan.workloads),
            usd=sum(one.usd for one in held) + carbon,
            utilisation=used / there if there else None,
            held=held,
            instances=instances(self.plan.model_copy(update={"pools": pools})),
        )

    def orders(self) -> Iterator[Order]:
        """Give what to commit to, in the order in which it must be ordered."""
        found = [order for rental in self.plan.skus for order in self._orders(rental)]
        yield from sorted(found, key=lambda order: (order.order_month, order.from_month))

    def _orders(self, rental: Rental) -> Iterator[Order]:
        for use in rental.terms or ():
            begun = self._begun.get((rental.sku, use.term))
            if begun is None or not use.nodes:
                continue
            per_month = self._paid(rental, use, begun.first)
            yield Order(
                order_month=begun.order_month,
                from_month=begun.first,
                to_month=begun.last + begun.months_after,
                sku=rental.sku,
                term=begun.term.name,
                nodes=use.nodes,
                lead_time_months=begun.term.lead_months,
                usd_per_month=per_month,
                usd=per_month * (begun.last - begun.first + 1),
                months_after=begun.months_after,
                usd_after=per_month * begun.months_after,
            )

    @property
    def _begun(self) -> dict[tuple[str, str], Begun]:
        return {(order.sku, order.name): order for order in orders_of(self.fleet, self.months)}

    def _term(self, sku: str, name: str) -> Term:
        begun = self._begun.get((sku, name))
        return begun.term if begun else next(t for t in self.fleet.skus[sku].ways_to_pay if t.name == name)

    def _held(self, rental: Rental, month: int) -> Iterator[HeldNodes]:
        """Add up the commitments to one term, whenever they began."""
        nodes: dict[str, int] = defaultdict(int)
        usd: dict[str, float] = defaultdict(float)
        kinds: dict[str, str] = {}
        if rental.terms is None:  # one price, and every month like the others
            nodes["on_demand"], usd["on_demand"] = rental.nodes, rental.usd_per_hour * HOURS_PER_MONTH
        for use in rental.terms or ():
            term = self._term(rental.sku, use.term)
            there = [h.nodes for h in use.periods if h.period in month_of(self.fleet, month)]
            nodes[term.name] += max(there, default=0)
            usd[term.name] += self._paid(rental, use, month)
            kinds[term.name] = use.kind
        for name, count in nodes.items():
            if count or usd[name]:
                kind = kinds.get(name, "on_demand")
                yield HeldNodes(sku=rental.sku, term=name, kind=kind, nodes=count, usd=usd[name])  # type: ignore[arg-type]

    def _paid(self, rental: Rental, use: TermUse, month: int) -> float:
        """Dollars of a month under one term of the expanded fleet, what is sunk included."""
        term, sku = self._term(rental.sku, use.term), self.fleet.skus[rental.sku]
        parts = self._parts(month)
        nodes = sum(parts.get((h.scenario, h.period), 0.0) * h.gpus / sku.gpus for h in use.periods)
        there = term.lead_months < month <= term.lead_months + (term.months or month)
        return (nodes * term.usd_per_h + (term.sunk_usd_per_h if there else 0.0)) * HOURS_PER_MONTH

    def _carbon_usd(self, rental: Rental, month: int) -> float:
        sku, parts = self.fleet.skus[rental.sku], self._parts(month)
        usd_per_h = self.fleet.carbon_usd_per_kg * self.fleet.carbon_kg_per_h(rental.sku)
        if rental.terms is None:
            return rental.gpus_rented / sku.gpus * usd_per_h * HOURS_PER_MONTH
        holdings = (holding for use in rental.terms for holding in use.periods)
        nodes = sum(parts.get((h.scenario, h.period), 0.0) * h.gpus / sku.gpus for h in holdings)
        return nodes * usd_per_h * HOURS_PER_MONTH

    def _node_hours(self, month: int) -> tuple[float, float]:
        """Node-hours needed, and held, as parts of the month."""
        parts = self._parts(month)
        holdings = [h for rental in self.plan.skus for use in rental.terms or () for h in use.periods]
        used = sum(parts.get((h.scenario, h.period), 0.0) * h.used for h in holdings)
        there = sum(parts.get((h.scenario, h.period), 0.0) * h.nodes for h in holdings)
        for rental in self.plan.skus if not holdings else ():
            used, there = used + rental.gpus_used, there + rental.gpus_rented
        return used, there

    def _parts(self, month: int) -> dict[tuple[str | None, str], float]:
        """Part of the (expected) month that each of its periods takes; under no scenario for those of all."""
        hours, several = sum(period.hours for period in self.fleet.periods), len(self.fleet.scenarios) > 1
        return {
            (scenario.name if several else None, name): scenario.probability * period.hours / hours
            for scenario in self.fleet.scenarios
            for name, period in zip(month_of(self.fleet, month), self.fleet.periods, strict=True)
        }

    def _rate(self, promise: Promise, month: int, which: str) -> float:
        if promise.periods is None:
            return float(getattr(promise, which))
        parts = self._parts(month)
        return float(sum(parts.get((s.scenario, s.period), 0.0) * getattr(s, which) for s in promise.periods))
