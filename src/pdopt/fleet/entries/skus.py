"""SKUs as they are written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from pdopt.fleet.entries.terms import TermEntry, terms_faults, with_kinds
from pdopt.fleet.faults import Path
from pdopt.fleet.fields import Count, CountOrZero, Entry, NotNegative, Positive, Text


class SkuEntry(Entry):
    """A node one can rent or owns."""

    ESSENTIAL: ClassVar[tuple[str, ...]] = ("gpu", "gpus", "usd_per_hour")

    gpu: Text = Field(description="the GPU type, as the profiles name it (h200-sxm)")
    gpus: Count = Field(description="the GPUs of one node, a whole number")
    usd_per_hour: NotNegative | None = Field(None, description="the price of one node in dollars per hour, or terms")
    terms: Annotated[dict[str, TermEntry] | None, BeforeValidator(with_kinds)] = Field(
        None, description="a mapping of names and ways of paying, instead of usd_per_hour (docs/periods-and-terms.md)"
    )
    available: CountOrZero | None = Field(None, description="how many nodes there are, or leave it out for no limit")
    at_least: CountOrZero = Field(0, description="how many nodes are rented in any case, used or not")
    billing: Literal["node", "gpu"] = Field("node", description="node (whole nodes) or gpu (GPUs in use)")
    sold_in: Count = Field(1, description="how many nodes are sold together (18 in an NVL72 rack), a whole number")
    start_usd: NotNegative = Field(0.0, description="dollars that starting a node costs")
    stop_usd: NotNegative = Field(0.0, description="dollars that stopping a node costs")
    min_up_hours: NotNegative = Field(0.0, description="hours that a node stays up once started")
    lead_time_months: CountOrZero = Field(
        0, description="whole months from ordering a node to having it, under terms that state none (not of owned ones)"
    )
    nic_gb_per_s: Positive | None = Field(None, description="the network of one instance in gigabytes per second")
    power_kw: Positive | None = Field(None, description="kilowatts of one node at full load, for limits.power_kw")
    site: Text | None = Field(None, description="where it stands, one of sites (docs/sites.md)")

    @classmethod
    def cross_faults(cls, raw: dict[str, Any]) -> Iterator[tuple[Path, str]]:
        """Ask for one way of stating what nodes cost, terms that make sense, and stock in whole racks, enough of it."""
        terms = raw.get("terms")
        if terms is not None and raw.get("usd_per_hour") is not None:
            yield ("terms",), "stands beside usd_per_hour; keep one of the two"
        elif terms is None and raw.get("usd_per_hour") is None:
            yield ("usd_per_hour",), "is missing; give the price of one node in dollars per hour, or terms"
        if isinstance(terms, dict):
            yield from terms_faults(terms, raw.get("available"))
        yield from _rack_faults(raw)
        least, most = raw.get("at_least"), raw.get("available")
        if isinstance(least, int) and isinstance(most, int) and least > most:
            yield ("at_least",), f"is {least}, but only {most} are available; give at most {most}, or more available"


def _rack_faults(raw: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    rack = raw.get("sold_in", 1)
    if isinstance(rack, bool) or not isinstance(rack, int | float) or rack <= 1:
        return
    if raw.get("billing") == "gpu":
        yield ("sold_in",), f"is {rack:g} nodes, but billing: gpu pays single GPUs; keep one of the two"
    terms = raw.get("terms")
    stocks = {(): raw} | ({("terms", name): term for name, term in terms.items()} if isinstance(terms, dict) else {})
    for path, entry in stocks.items():
        stock = entry.get("available") if isinstance(entry, dict) else None
        if isinstance(stock, int) and stock % rack:
            yield (*path, "available"), f"is {stock}, no multiple of sold_in: {rack:g}; give whole racks"
    least = raw.get("at_least")
    if isinstance(least, int) and least % rack:
        yield ("at_least",), f"is {least}, no multiple of sold_in: {rack:g}; give whole racks"
