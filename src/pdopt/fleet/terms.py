"""Ways of paying: dollars per hour of nodes that are rented, reserved, bought or owned."""

from __future__ import annotations

from pdopt.fleet.entries import TermEntry
from pdopt.fleet.fleet import Term
from pdopt.fleet.hours import HOURS_PER_YEAR


def term_of(name: str, entry: TermEntry) -> Term:
    """Give a term in inner units.

    What a node is bought for is written off in equal parts, ``capex_usd / (years * 8760)`` dollars an hour: part of
    the price of reserved nodes, spent already on owned ones.
    """
    owned = entry.kind == "owned"
    written_off_usd_per_h = (entry.capex_usd or 0.0) / ((entry.years or 1.0) * HOURS_PER_YEAR)
    return Term(
        name=name,
        usd_per_h=(entry.usd_per_hour or 0.0) + (0.0 if owned else written_off_usd_per_h),
        kind=entry.kind,
        available=entry.available,
        max_share=1.0 if entry.max_share is None else entry.max_share,
        interruption=entry.interruption or 0.0,
        periods=tuple(entry.periods or ()),
        sunk_usd_per_h=written_off_usd_per_h * (entry.available or 0) if owned else 0.0,
    )


def main_term(terms: tuple[Term, ...]) -> Term:
    """Give the term whose price stands for the SKU: the first on demand, else not reserved, else the first."""
    order = (lambda term: term.kind == "on_demand", lambda term: not term.committed, lambda term: True)
    return next(term for wanted in order for term in terms if wanted(term))
