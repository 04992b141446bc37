"""A fleet over months, as a fleet with more periods and terms: pure functions Fleet → Fleet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pdopt.fleet.fleet import Fleet, Period, Sku, Term, Workload


@dataclass(frozen=True)
class Order:
    """A commitment that begins in one month: what a term of the expanded fleet stands for.

    Attributes
    ----------
    term : Term
        Of the fleet that was expanded.
    first, last : int
        Months in which the nodes are there, within those that are planned.
    """

    sku: str
    term: Term
    first: int
    last: int

    @property
    def order_month(self) -> int:
        """Month in which it must be ordered, to be there in time."""
        return self.first - self.term.lead_months

    @property
    def months_after(self) -> int:
        """Months that are owed after the last one planned."""
        return max((self.term.months or 0) - (self.last - self.first + 1), 0)

    @property
    def name(self) -> str:
        """Name of the term that stands for it."""
        return f"{self.term.name} from month {self.first}"


def month_of(fleet: Fleet, month: int) -> tuple[str, ...]:
    """Name the periods of one month, in the expanded fleet."""
    return tuple(_name(fleet, month, period) for period in fleet.periods)


def orders_of(fleet: Fleet, months: int) -> Iterator[Order]:
    """Give every commitment that can begin within the months, as soon as it can be delivered."""
    for sku in fleet.skus.values():
        for term in sku.ways_to_pay:
            for first in range(1 + term.lead_months, months + 1) if term.committed else ():
                last = months if term.months is None else min(first + term.months - 1, months)
                yield Order(sku.name, term, first, last)


def over_months(fleet: Fleet, months: int, owe_all: bool = False) -> Fleet:
    """Give the fleet over so many months: demand that grows, commitments that begin in any of them.

    Every month has the periods of the fleet, each month the same weight, whatever its days. A reserved term becomes
    one term for each month that it can begin in, all drawn from one stock; what is paid by use is offered from the
    month it can first be delivered; owned nodes are there for the months stated.

    Parameters
    ----------
    fleet : Fleet
    months : int
    owe_all : bool
        Whether commitments cost what is owed after the last month too; else only what falls within the months, as if
        what is needed last were needed on.
    """
    numbers = range(1, months + 1)
    periods = tuple(Period(_name(fleet, m, period), period.hours, m) for m in numbers for period in fleet.periods)
    return replace(
        fleet,
        periods=periods,
        workloads={name: _grown(fleet, workload, months) for name, workload in fleet.workloads.items()},
        skus={name: _dated(fleet, sku, months, owe_all) for name, sku in fleet.skus.items()},
        months=None,
    )


def in_month(fleet: Fleet, month: int, delivered: bool = True) -> Fleet:
    """Give the fleet as it is in one month alone, nothing being committed to for longer.

    With `delivered`, only what can have been delivered by then if it is ordered in the first month.
    """
    factor = {name: (1 + workload.growth_per_month) ** (month - 1) for name, workload in fleet.workloads.items()}
    workloads = {
        name: replace(
            workload,
            demand_rps=workload.demand_rps * factor[name],
            series_rps={period: rate * factor[name] for period, rate in workload.series_rps.items()},
        )
        for name, workload in fleet.workloads.items()
    }
    skus = {name: _on_hand(sku, month, delivered) for name, sku in fleet.skus.items()}
    return replace(fleet, workloads=workloads, skus=skus, months=None)


def _on_hand(sku: Sku, month: int, delivered: bool) -> Sku:
    there = [term for term in sku.ways_to_pay if not delivered or _there(term, month)]
    if len(there) == len(sku.ways_to_pay):
        return sku
    return replace(sku, terms=tuple(there), available=sku.available if there else 0)


def _there(term: Term, month: int) -> bool:
    gone = term.kind == "owned" and term.months is not None and month > term.lead_months + term.months
    return month > term.lead_months and not gone


def _name(fleet: Fleet, month: int, period: Period) -> str:
    return f"month {month}" if len(fleet.periods) == 1 else f"month {month} {period.name}"


def _grown(fleet: Fleet, workload: Workload, months: int) -> Workload:
    hours = sum(period.hours for period in fleet.periods)
    series, mean = {}, 0.0
    for month in range(1, months + 1):
        factor = (1 + workload.growth_per_month) ** (month - 1)
        for period in fleet.periods:
            rate = workload.rate_rps(period.name) * factor
            series[_name(fleet, month, period)] = rate
            mean += rate * period.hours / hours / months
    return replace(workload, demand_rps=mean, series_rps=series)


def _dated(fleet: Fleet, sku: Sku, months: int, owe_all: bool) -> Sku:
    if not sku.terms and not sku.lead_months:
        return sku
    terms = []
    for term in sku.ways_to_pay:
        terms += _commitments(fleet, term, months, owe_all) if term.committed else _by_use(fleet, term, months)
    return replace(sku, terms=tuple(terms), available=sku.available if terms else 0)


def _commitments(fleet: Fleet, term: Term, months: int, owe_all: bool) -> list[Term]:
    alone = replace(fleet, skus={"": Sku("", "", 1, term.usd_per_h, terms=(term,))})
    found = []
    for order in orders_of(alone, months):
        owed = 1 + order.months_after / (order.last - order.first + 1) if owe_all else 1.0
        begun = replace(term, name=order.name, usd_per_h=term.usd_per_h * owed, stock=term.name)
        found.append(_held(fleet, begun, order.first, order.last))
    return found


def _by_use(fleet: Fleet, term: Term, months: int) -> list[Term]:
    first = 1 + term.lead_months
    last = months if term.months is None else min(first + term.months - 1, months)
    if first > months:
        return []
    if (first, last) == (1, months) and not term.periods:
        return [term]
    part = (last - first + 1) / months
    return [_held(fleet, replace(term, sunk_usd_per_h=term.sunk_usd_per_h * part), first, last)]


def _held(fleet: Fleet, term: Term, first: int, last: int) -> Term:
    """Give a term that is offered from one month to another, in those of the periods that it names."""
    offered = [period for period in fleet.periods if not term.periods or period.name in term.periods]
    periods = tuple(_name(fleet, month, period) for month in range(first, last + 1) for period in offered)
    return replace(term, periods=periods)
