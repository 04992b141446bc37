"""Ways of paying for nodes as they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal, get_args

from pydantic import Field

from pdopt.fleet.faults import Path
from pdopt.fleet.fields import Count, CountOrZero, Entry, Fraction, HeldBack, NotNegative, Positive, Text

Kind = Literal["on_demand", "reserved", "spot", "owned"]
KINDS: tuple[str, ...] = get_args(Kind)
ONLY_OF = {
    "max_share": ("spot",),
    "interruption": ("spot",),
    "periods": ("reserved",),
    "capex_usd": ("reserved", "owned"),
    "years": ("reserved", "owned"),
    "months": ("reserved", "owned"),
}
NAMED = (
    (re.compile(r"spot|preempt"), "spot"),
    (re.compile(r"reserved|sav(?:ing|er)|commit|(?:^|_)\d+y(?:r|ears?)?(?:_|$)"), "reserved"),
    (re.compile(r"owned"), "owned"),
)


class TermEntry(Entry):
    """One way of paying for the nodes of a SKU."""

    usd_per_hour: NotNegative | None = Field(
        None, description="the price of one node in dollars per hour; of owned nodes their running cost, if any"
    )
    kind: Kind = Field(
        "on_demand",
        description="on_demand or spot (paid in the periods it is used), reserved (paid in every period) or owned "
        "(there already); left out, the term's name tells: spot, reserved_1y, owned, else on_demand",
    )
    available: CountOrZero | None = Field(None, description="how many nodes there are, or leave it out for no limit")
    max_share: Fraction | None = Field(
        None, description="for spot, the largest part of a pool's instances on it, such as 0.3 or 30 %"
    )
    interruption: HeldBack | None = Field(
        None, description="for spot, the part of the time that a node is away, such as 0.05 or 5 %"
    )
    periods: list[Text] | None = Field(
        None,
        description="for reserved, the periods it holds in (capacity blocks), a list of names; left out, all",
        min_length=1,
    )
    capex_usd: NotNegative | None = Field(
        None, description="for reserved or owned, dollars that one node is bought for"
    )
    years: Positive | None = Field(
        None, description="for reserved or owned, the years over which capex_usd is written off"
    )
    months: Count | None = Field(
        None,
        description="for reserved, how long the commitment runs (left out, the name tells: reserved_1y; what is bought "
        "runs for its years; else to the end of the plan); for owned, how long the nodes are there (docs/budget.md)",
    )
    lead_time_months: CountOrZero | None = Field(
        None, description="whole months from ordering to having it (docs/budget.md); left out, that of the SKU"
    )

    @classmethod
    def cross_faults(cls, raw: dict[str, Any]) -> Iterator[tuple[Path, str]]:
        """Ask for what the kind of the term needs, and refuse what it does not know."""
        kind = raw.get("kind", "on_demand")
        if kind not in KINDS:
            return
        stated = {key for key, value in raw.items() if value is not None}
        for key, kinds in ONLY_OF.items():
            if key in stated and kind not in kinds:
                yield (key,), f"goes with kind: {' or '.join(kinds)}, not {kind}; leave it out, or change the kind"
        bought = stated & {"capex_usd", "years"}
        if len(bought) == 1:
            lacking = ({"capex_usd", "years"} - bought).pop()
            yield tuple(bought), f"needs {lacking} beside it; add it"
        if kind == "owned" and "available" not in stated:
            yield (), "is owned and needs available; say how many nodes are there"
        if "usd_per_hour" not in stated and kind != "owned" and not (kind == "reserved" and bought):
            yield ("usd_per_hour",), "is missing; give the price of one node in dollars per hour"


def kind_of(name: str) -> str:
    """Tell the kind of a term from its name, where nothing else does."""
    return next((kind for pattern, kind in NAMED if pattern.search(name.lower())), "on_demand")


def with_kinds(terms: object) -> object:
    """Give terms as written, every one with its kind."""
    if not isinstance(terms, dict):
        return terms
    return {name: _with_kind(str(name), term) if isinstance(term, dict) else term for name, term in terms.items()}


def _with_kind(name: str, term: dict[str, Any]) -> dict[str, Any]:
    return term if term.get("kind") is not None else {**term, "kind": kind_of(name)}


def terms_faults(terms: dict[str, Any], available: object) -> Iterator[tuple[Path, str]]:
    """Give the faults of all terms of a SKU, as written, and of what they say together."""
    if not terms:
        yield ("terms",), "must name at least one term, such as {on_demand: {usd_per_hour: 60}}"
    owned = 0
    for name, term in terms.items():
        if isinstance(term, dict):
            full = TermEntry.as_read(_with_kind(name, term))
            yield from ((("terms", name, *path), sentence) for path, sentence in TermEntry.cross_faults(full))
            stock = full.get("available")
            owned += stock if full["kind"] == "owned" and isinstance(stock, int) else 0
    if isinstance(available, int) and owned > available:
        yield ("available",), f"is {available}, but {owned} nodes are owned; give all there are, or leave it out"
