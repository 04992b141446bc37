"""``skus: {from: …}`` → entries as if they had been written in place, each with the price it took."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path as FilePath
from typing import Any

from pdopt.fleet.faults import Complaints, FleetFaults, did_you_mean
from pdopt.fleet.fields import validate
from pdopt.fleet.fleet import Llm
from pdopt.fleet.gpus import Gpu, read_gpus
from pdopt.fleet.price_choice import KEYS, PricedSkus, PriceLists, offered_prices
from pdopt.fleet.prices import Price, read_networks
from pdopt.fleet.profiles import Shape

STATED = ("gpu", "gpus", "usd_per_hour")


@dataclass
class Section:
    """The ``skus`` of a fleet as if every entry had been written in place.

    Attributes
    ----------
    prices : dict
        The prices taken from lists, by SKU.
    parts : set
        SKUs that are parts of a machine: no instance stretches over several of them.
    """

    entries: Any
    prices: dict[str, Price] = field(default_factory=dict)
    parts: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


def priced_section(
    raw: Any, llms: list[Llm | None], base: FilePath, catalogue: PriceLists, complaints: Complaints
) -> Section:
    """Resolve ``from:`` in the section ``skus``; faults are noted, and leave SKUs of one's own as they are."""
    written = raw if isinstance(raw, dict) else {}
    choice = {key: written[key] for key in KEYS if key in written and not isinstance(written[key], dict)}
    mistyped = _mistyped(written, choice)
    for name in mistyped:
        complaints.add(("skus", name), f"unknown key; {did_you_mean(name, KEYS)}")
    entries = {name: entry for name, entry in written.items() if name not in {*choice, *mistyped}}
    if not choice:
        return Section(entries if mistyped else raw)
    section = Section(entries)
    chosen = validate(PricedSkus, choice, ("skus",), complaints)
    try:
        offer = Offer.read(chosen, base, catalogue, complaints) if chosen else None
    except FleetFaults as error:
        complaints.faults += error.faults
        offer = None
    if offer and offer.prices:
        _take(section, offer, {shape for llm in llms if llm is not None for shape in llm.shapes()}, complaints)
        if not section.entries and not complaints.faults:
            complaints.add(("skus", "from"), offer.nothing())
    section.entries = {name: entry for name, entry in section.entries.items() if not _bare(entry)}
    return section


def _mistyped(written: dict[str, Any], choice: dict[str, Any]) -> list[str]:
    """Names of what is neither a SKU nor a key of the choice; without a choice, only what resembles a key."""
    words = [str(name) for name, entry in written.items() if isinstance(entry, str | list) and name not in choice]
    return [name for name in words if choice or get_close_matches(name, KEYS)]


def gpus_on_offer(raw: Any, base: FilePath, catalogue: PriceLists) -> tuple[str, ...]:
    """Give the GPU types that the section ``skus`` may offer; `priced_section` tells the faults of it."""
    written = raw if isinstance(raw, dict) else {}
    gpus = {str(entry["gpu"]) for entry in written.values() if isinstance(entry, dict) and entry.get("gpu")}
    choice = {key: written[key] for key in KEYS if key in written and not isinstance(written[key], dict)}
    unsaid = Complaints("")
    try:
        chosen = validate(PricedSkus, choice, ("skus",), unsaid) if choice else None
        prices = offered_prices(chosen, base, catalogue, unsaid) if chosen else []
    except FleetFaults:
        return tuple(sorted(gpus))
    only = set(chosen.only or ()) if chosen else set()
    rows = [price.row for price in prices if not only or {price.row.instance_type, price.row.gpu} & only]
    return tuple(sorted(gpus | {row.gpu for row in rows}))


def _bare(entry: object) -> bool:
    """Whether an entry only adds to a node type of the list."""
    return isinstance(entry, dict) and not entry.keys() & set(STATED)


@dataclass(frozen=True)
class Offer:
    """What a price list offers: prices by node type, and what is known of the machines."""

    chosen: PricedSkus
    prices: dict[str, Price]
    without_price: tuple[str, ...]
    network_gb_per_s: dict[tuple[str, str], float]
    gpus: dict[str, Gpu]

    @classmethod
    def read(cls, chosen: PricedSkus, base: FilePath, catalogue: PriceLists, complaints: Complaints) -> Offer:
        """Read what the choice asks for."""
        every = offered_prices(chosen, base, catalogue, complaints)
        prices = {price.row.instance_type: price for price in every if price.row.term == chosen.term}
        lacking = sorted({price.row.instance_type for price in every} - prices.keys())
        networks = read_networks(catalogue.files("nodes.csv"))
        return cls(chosen, prices, tuple(lacking), networks, read_gpus(catalogue.files("gpus.csv")))

    def is_part(self, price: Price) -> bool:
        """Whether a node type is less than the whole machine its GPUs are built into."""
        known = self.gpus.get(price.row.gpu)
        return known is None or price.row.gpus < known.gpus_per_node

    def hosts(self, price: Price, shape: Shape) -> bool:
        """Whether an instance of the shape fits the node type."""
        return shape.gpu == price.row.gpu and (shape.gpus <= price.row.gpus or not self.is_part(price))

    def nothing(self) -> str:
        """Say that no LLM can run on anything offered."""
        gpus = ", ".join(sorted({price.row.gpu for price in self.prices.values()}))
        return f"{self.chosen.where} offers {gpus}: no LLM has a profile that fits; add one, or SKUs of your own"


def _take(section: Section, offer: Offer, shapes: set[Shape], complaints: Complaints) -> None:
    for name, written in section.entries.items():
        if _bare(written) and name not in offer.prices:
            remedy = did_you_mean(name, offer.prices)
            complaints.add(("skus", name), f"is no node type of {offer.chosen.where}; {remedy}")
    wanted, unknown = _wanted(offer, shapes, complaints), []
    for name, price in offer.prices.items():
        written = section.entries.get(name, {} if name in wanted else None)
        if not isinstance(written, dict):
            continue
        section.entries[name] = entry = {key: getattr(price.row, key) for key in STATED} | written
        if offer.chosen.site is not None:
            entry.setdefault("site", offer.chosen.site)
        section.prices |= {} if "usd_per_hour" in written else {name: price}
        section.parts |= {name} if offer.is_part(price) else set()
        share = offer.network_gb_per_s.get((price.provider, name))
        if share is not None:
            smallest = min((shape.gpus for shape in shapes if offer.hosts(price, shape)), default=1)
            entry.setdefault("nic_gb_per_s", share * smallest)
        elif "nic_gb_per_s" not in entry:
            unknown.append(name)
    section.notes += _notes(section, offer, unknown)


def _wanted(offer: Offer, shapes: set[Shape], complaints: Complaints) -> set[str]:
    """Names of the node types that the choice takes."""
    only = offer.chosen.only
    if only is None:
        return {n for n, price in offer.prices.items() if any(offer.hosts(price, shape) for shape in shapes)}
    known = {name for price in offer.prices.values() for name in (price.row.instance_type, price.row.gpu)}
    for i, name in enumerate(only):
        if name not in known:
            where = f"{offer.chosen.term} price at {offer.chosen.where}"
            complaints.add(("skus", "only", i), f"{name!r} has no {where}; {did_you_mean(name, known)}")
    return {name for name, price in offer.prices.items() if {name, price.row.gpu} & set(only)}


def _notes(section: Section, offer: Offer, unknown: list[str]) -> Iterable[str]:
    if unknown and len(unknown) < len(section.entries):
        yield f"network unknown of {some(unknown)}: there KV transfer takes overhead_ms alone; add nic_gb_per_s"
    if offer.without_price and offer.chosen.only is None:
        yield f"no {offer.chosen.term} price at {offer.chosen.where} of {some(offer.without_price)}: left out"


def some(names: Sequence[str]) -> str:
    """Name the first few of many."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
