"""Ways of paying: dollars per hour of nodes that are rented, reserved, bought or owned."""

from __future__ import annotations

import re
from math import ceil

from pdopt.fleet.entries import TermEntry
from pdopt.fleet.fleet import Term
from pdopt.fleet.hours import HOURS_PER_YEAR

YEARS = re.compile(r"(?:^|_)(\d+)y(?:r|ears?)?(?:_|$)")


def term_of(name: str, entry: TermEntry, lead_months: int = 0) -> Term:
    """Give a term in inner units; `lead_months` is what holds of the SKU where the term states none.

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
        months=_months(name, entry),
        lead_months=(0 if owned else lead_months) if entry.lead_time_months is None else entry.lead_time_months,
    )


def _months(name: str, entry: TermEntry) -> int | None:
    """Give how long a commitment runs: as stated, else as its name or its write-off tells."""
    if entry.months is not None or entry.kind != "reserved":
        return entry.months
    if entry.years is not None:
        return ceil(entry.years * 12 - 1e-9)
    told = YEARS.search(name.lower())
    return None if told is None else 12 * int(told[1])


def main_term(terms: tuple[Term, ...]) -> Term:
    """Give the term whose price stands for the SKU: the first on demand, else not reserved, else the first."""
    order = (lambda term: term.kind == "on_demand", lambda term: not term.committed, lambda term: True)
    return next(term for wanted in order for term in terms if wanted(term))
