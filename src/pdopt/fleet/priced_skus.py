"""``skus: {from: …}`` → entries as if they had been written in place, each with the price it took."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from pdopt.fleet.faults import Complaints, FleetFaults, did_you_mean
from pdopt.fleet.fields import validate
from pdopt.fleet.fleet import Llm
from pdopt.fleet.price_choice import KEYS, PricedSkus, PriceLists, offered_prices
from pdopt.fleet.prices import Price, read_networks

STATED = ("gpu", "gpus", "usd_per_hour")


@dataclass
class Section:
    """The ``skus`` of a fleet as if every entry had been written in place, and the prices taken from lists."""

    entries: Any
    prices: dict[str, Price] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def priced_section(
    raw: Any, llms: list[Llm | None], base: FilePath, catalogue: PriceLists, complaints: Complaints
) -> Section:
    """Resolve ``from:`` in the section ``skus``; faults are noted and leave the written entries as they are."""
    if not isinstance(raw, dict):
        return Section(raw)
    choice = {key: raw[key] for key in KEYS if key in raw and not isinstance(raw[key], dict)}
    section = Section({name: entry for name, entry in raw.items() if name not in choice})
    chosen = validate(PricedSkus, choice, ("skus",), complaints) if choice else None
    prices = offered_prices(chosen, base, catalogue, complaints) if chosen else []
    if chosen and prices:
        by_type = {price.row.instance_type: price for price in prices if price.row.term == chosen.term}
        _check_overrides(section, chosen, by_type, complaints)
        wanted = _wanted(by_type, chosen, llms, complaints)
        _fill(section, by_type, wanted)
        _add_networks(section, llms, catalogue, complaints)
        section.notes += _without_price(prices, by_type, chosen, llms)
    return section


def _check_overrides(section: Section, chosen: PricedSkus, by_type: dict[str, Price], complaints: Complaints) -> None:
    for name, written in section.entries.items():
        if isinstance(written, dict) and not written.keys() & set(STATED) and name not in by_type:
            complaints.add(("skus", name), f"is no node type of {chosen.where}; {did_you_mean(name, by_type)}")


def _wanted(by_type: dict[str, Price], chosen: PricedSkus, llms: list[Llm | None], complaints: Complaints) -> set[str]:
    """Names of the node types that the choice takes."""
    if chosen.only is not None:
        offered = {name for price in by_type.values() for name in (price.row.instance_type, price.row.gpu)}
        for i, name in enumerate(chosen.only):
            if name not in offered:
                remedy = did_you_mean(name, offered)
                complaints.add(("skus", "only", i), f"{name!r} has no {chosen.term} price at {chosen.where}; {remedy}")
        return {name for name, price in by_type.items() if {name, price.row.gpu} & set(chosen.only)}
    profiled = _profiled_gpus(llms)
    names = {name for name, price in by_type.items() if price.row.gpu in profiled}
    if not names and None not in llms:
        gpus = ", ".join(sorted({price.row.gpu for price in by_type.values()}))
        complaints.add(
            ("skus", "from"), f"{chosen.where} offers {gpus}, and no LLM has a profile on these; add one, or own SKUs"
        )
    return names


def _profiled_gpus(llms: Iterable[Llm | None]) -> set[str]:
    return {shape.gpu for llm in llms if llm is not None for shape in llm.shapes()}


def _fill(section: Section, by_type: dict[str, Price], wanted: set[str]) -> None:
    """Add the node types taken, and complete the entries that name one."""
    for name, price in by_type.items():
        written = section.entries.get(name, {} if name in wanted else None)
        if isinstance(written, dict):
            section.entries[name] = {key: getattr(price.row, key) for key in STATED} | written
            if "usd_per_hour" not in written:
                section.prices[name] = price


def _add_networks(section: Section, llms: list[Llm | None], catalogue: PriceLists, complaints: Complaints) -> None:
    """Give each node type the share of its network that the smallest instance on its GPU has."""
    try:
        networks = read_networks(catalogue.files("nodes.csv"))
    except FleetFaults as error:
        complaints.faults += error.faults
        return
    smallest: dict[str, int] = {}
    for shape in (shape for llm in llms if llm is not None for shape in llm.shapes()):
        smallest[shape.gpu] = min(shape.gpus, smallest.get(shape.gpu, shape.gpus))
    unknown = []
    for name, price in section.prices.items():
        share = networks.get((price.provider, name))
        if share is not None:
            section.entries[name].setdefault("nic_gb_per_s", share * smallest.get(price.row.gpu, 1))
        elif "nic_gb_per_s" not in section.entries[name]:
            unknown.append(name)
    if unknown and len(unknown) < len(section.prices):
        section.notes.append(
            f"network unknown of {some(unknown)}: there KV transfer takes transfer.overhead_ms alone; add nic_gb_per_s"
        )


def _without_price(
    prices: list[Price], by_type: dict[str, Price], chosen: PricedSkus, llms: list[Llm | None]
) -> Iterable[str]:
    gpus = _profiled_gpus(llms)
    lacking = sorted({p.row.instance_type for p in prices if p.row.gpu in gpus} - by_type.keys())
    if lacking and chosen.only is None:
        yield f"left out, having no {chosen.term} price at {chosen.where}: {some(lacking)}"


def some(names: list[str]) -> str:
    """Name the first few of many."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
