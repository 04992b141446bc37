"""The section ``skus`` → SKUs, those of price lists included."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Any

from pdopt.fleet.entries import SkuEntry
from pdopt.fleet.faults import Complaints
from pdopt.fleet.fleet import Llm, PriceOrigin, Sku, Term
from pdopt.fleet.offer import BY_TERM
from pdopt.fleet.price_choice import PriceLists
from pdopt.fleet.priced_skus import Section, priced_section
from pdopt.fleet.sections import entries_of
from pdopt.fleet.terms import main_term, term_of


def read_skus(
    raw: dict[str, Any], llms: list[Llm | None], base: FilePath, catalogue: PriceLists, complaints: Complaints
) -> tuple[Section, dict[str, Sku]]:
    """Read the SKUs, those of price lists included, and leave them in `raw` as if they had been written there."""
    before = len(complaints.faults)
    section = priced_section(raw.get("skus"), llms, base, catalogue, complaints)
    if raw.get("skus") and not section.entries and complaints.faults:
        return section, {}  # nothing is on offer for want of LLMs, whose faults are told
    if "skus" in raw and (section.entries or len(complaints.faults) == before):
        raw["skus"] = section.entries
    elif "skus" in raw:
        return section, {}
    entries = entries_of(SkuEntry, raw, "skus", complaints)
    return section, {name: _sku(name, entry, section) for name, entry in entries}


def _sku(name: str, entry: SkuEntry, section: Section) -> Sku:
    terms = tuple(term_of(term, written, entry.lead_time_months) for term, written in (entry.terms or {}).items())
    main = main_term(terms) if terms else None
    price_usd_per_h = main.usd_per_h if main else entry.usd_per_hour
    assert price_usd_per_h is not None
    return Sku(
        name=name,
        gpu=entry.gpu,
        gpus=entry.gpus,
        usd_per_h=price_usd_per_h,
        available=entry.available,
        billing=entry.billing,
        nic_gb_per_s=entry.nic_gb_per_s,
        price_origin=_origin(section.prices.get(name, {}), main),
        spans=name not in section.parts,
        power_kw=entry.power_kw,
        terms=terms,
        start_usd=entry.start_usd,
        stop_usd=entry.stop_usd,
        min_up_h=entry.min_up_hours,
        sold_in=entry.sold_in,
        at_least=entry.at_least,
        lead_months=entry.lead_time_months,
        site=entry.site,
    )


def _origin(prices: BY_TERM, main: Term | None) -> PriceOrigin:
    """State where the price of a SKU stands; one that the entry gives itself stands in the fleet file."""
    price = prices.get(main.name) if main else next(iter(prices.values()), None)
    return PriceOrigin() if price is None else price.origin()
