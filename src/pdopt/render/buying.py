"""The buy list of a plan: what to commit to, what to rent when, and whether it pays."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table

from pdopt.plan.plan import Plan, Rental, TermUse
from pdopt.render.text import percent, table, usd, usd_per_month


def buy_list(plan: Plan) -> Table:
    """Lay out one row per SKU, or per SKU and term where there are several."""
    sites = any(rental.site is not None for rental in plan.skus)
    place = ["site "] if sites else []
    if any(rental.terms for rental in plan.skus):
        header = [
            "rent ",
            *place,
            "term ",
            "nodes",
            "of",
            "used",
            "pays above",
            "$ per node-hour",
            "$ per hour",
            "$ per month",
        ]
        return table(header, _terms(plan, sites))
    return table(["rent ", *place, "nodes", "of", "GPUs used", "$ per hour", "$ per month"], _rentals(plan, sites))


def _rentals(plan: Plan, sites: bool) -> Iterator[list[str]]:
    for rental in plan.skus:
        used = f"{rental.gpus_used} of {rental.gpus_rented}"
        yield [
            *_where(rental, sites),
            str(rental.nodes),
            _stock(rental),
            used,
            usd(rental.usd_per_hour),
            usd_per_month(rental.usd_per_hour),
        ]


def _terms(plan: Plan, sites: bool) -> Iterator[list[str]]:
    for rental in plan.skus:
        for use in rental.terms or ():
            pays = "" if use.break_even is None else f"{use.break_even * 100:.0f} %"
            yield [
                *_where(rental, sites),
                use.term,
                _nodes(use, len(plan.periods or (1,))),
                _stock(rental),
                percent(use.utilisation),
                pays,
                usd(use.usd_per_node_hour),
                usd(use.usd_per_hour),
                usd_per_month(use.usd_per_hour),
            ]


def _where(rental: Rental, sites: bool) -> list[str]:
    return [rental.sku, rental.site or ""] if sites else [rental.sku]


def _stock(rental: Rental) -> str:
    return "" if rental.available is None else str(rental.available)


def _nodes(use: TermUse, periods: int) -> str:
    """Count nodes; a range where they come and go with the periods."""
    if use.kind in ("reserved", "owned"):
        return str(use.nodes)
    counts = [holding.nodes for holding in use.periods]
    least = min(counts, default=0) if len(counts) == periods else 0
    return str(use.nodes) if least == use.nodes else f"{least}-{use.nodes}"
