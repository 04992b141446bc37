"""The section ``skus`` → SKUs, those of price lists included."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Any

from pdopt.fleet.entries import SkuEntry
from pdopt.fleet.faults import Complaints
from pdopt.fleet.fleet import Llm, PriceOrigin, Sku
from pdopt.fleet.price_choice import PriceLists
from pdopt.fleet.priced_skus import Section, priced_section
from pdopt.fleet.sections import entries_of


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


def _sku(name: str, e: SkuEntry, section: Section) -> Sku:
    origin = section.prices[name].origin() if name in section.prices else PriceOrigin()
    spans = name not in section.parts
    return Sku(name, e.gpu, e.gpus, e.usd_per_hour, e.available, e.billing, e.nic_gb_per_s, origin, spans, e.power_kw)
