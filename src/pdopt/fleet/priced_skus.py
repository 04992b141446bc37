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
from pdopt.fleet.offer import BY_TERM, Offer, any_of, cost_of, states_price
from pdopt.fleet.price_choice import KEYS, PricedSkus, PriceLists, offered_prices
from pdopt.fleet.profiles import Shape

STATED = ("gpu", "gpus", "usd_per_hour")


@dataclass
class Section:
    """The ``skus`` of a fleet as if every entry had been written in place.

    Attributes
    ----------
    prices : dict
        The prices taken from lists, by SKU and term.
    parts : set
        SKUs that are parts of a machine: no instance stretches over several of them.
    """

    entries: Any
    prices: dict[str, BY_TERM] = field(default_factory=dict)
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


def _take(section: Section, offer: Offer, shapes: set[Shape], complaints: Complaints) -> None:
    for name, written in section.entries.items():
        if _bare(written) and name not in offer.prices:
            remedy = did_you_mean(name, offer.prices)
            complaints.add(("skus", name), f"is no node type of {offer.chosen.where}; {remedy}")
    wanted, unknown = _wanted(offer, shapes, complaints), []
    for name, prices in offer.prices.items():
        price = any_of(prices)
        written = section.entries.get(name, {} if name in wanted else None)
        if not isinstance(written, dict):
            continue
        section.entries[name] = entry = {"gpu": price.row.gpu, "gpus": price.row.gpus, **written}
        if offer.chosen.site is not None:
            entry.setdefault("site", offer.chosen.site)
        if "usd_per_hour" not in written:
            entry |= cost_of(prices, written.get("terms"))
            section.prices[name] = {t: p for t, p in prices.items() if not states_price(written.get("terms"), t)}
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
        return {n for n, p in offer.prices.items() if any(offer.hosts(any_of(p), shape) for shape in shapes)}
    gpu_of = {name: any_of(prices).row.gpu for name, prices in offer.prices.items()}
    known = {*gpu_of, *gpu_of.values()}
    for i, name in enumerate(only):
        if name not in known:
            where = f"{offer.chosen.terms} price at {offer.chosen.where}"
            complaints.add(("skus", "only", i), f"{name!r} has no {where}; {did_you_mean(name, known)}")
    return {name for name, gpu in gpu_of.items() if {name, gpu} & set(only)}


def _notes(section: Section, offer: Offer, unknown: list[str]) -> Iterable[str]:
    if unknown and len(unknown) < len(section.entries):
        yield f"network unknown of {some(unknown)}: there KV transfer takes overhead_ms alone; add nic_gb_per_s"
    if offer.without_price and offer.chosen.only is None:
        yield f"no {offer.chosen.terms} price at {offer.chosen.where} of {some(offer.without_price)}: left out"
    for term in offer.chosen.term:
        without = [name for name in section.prices if term not in offer.prices[name]]
        if without:
            yield f"no {term} price at {offer.chosen.where} of {some(without)}: on its other terms alone"


def some(names: Sequence[str]) -> str:
    """Name the first few of many."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
