"""What is rented, committed to and owned: the buy list of a plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from math import ceil

from pdopt.capacity.slots import Slot
from pdopt.capacity.table import LaneTable, NodeType
from pdopt.fleet.fleet import Fleet, Sku
from pdopt.plan.holdings import Held, Pools
from pdopt.plan.plan import Holding, PriceSource, Rental, TermUse


def rentals(fleet: Fleet, table: LaneTable, held: Sequence[Held], pools: Pools) -> Iterator[Rental]:
    """Give what is held of each SKU in use."""
    for node in table.nodes:
        mine = [one for one in held if one.node.sku == node.sku]
        sku = fleet.skus[node.sku]
        sunk = {term.name: term.sunk_usd_per_h for term in sku.terms if term.sunk_usd_per_h}
        if mine or sunk:
            yield _rental(fleet, sku, (table, node, mine), pools)


def _rental(fleet: Fleet, sku: Sku, what: tuple[LaneTable, NodeType, list[Held]], pools: Pools) -> Rental:
    table, node, held = what
    units = {slot.name: sum(one.units.get(slot.name, 0) for one in held) for slot in table.slots}
    most = max(units.values())
    gpus = {
        slot: sum(p.instances * p.gpus_per_instance for p in every if p.sku == sku.name)
        for slot, every in pools.items()
    }
    plain = not sku.terms and len(table.slots) == 1
    terms = None if plain else tuple(_terms(fleet, sku, table.slots, held))
    return Rental(
        sku=sku.name,
        gpu=sku.gpu,
        site=sku.site,
        nodes=ceil(most * node.nodes - 1e-9),
        gpus_rented=most * node.gpus,
        gpus_used=max(gpus.values()),
        power_kw=None if node.power_kw is None else node.power_kw * most,
        usd_per_hour=sum(one.usd_per_h(table.slots) for one in held) + sum(t.sunk_usd_per_h for t in sku.terms),
        available=sku.available,
        price_source=PriceSource(**asdict(sku.price_origin)),
        terms=terms,
    )


def _terms(fleet: Fleet, sku: Sku, slots: Sequence[Slot], held: list[Held]) -> Iterator[TermUse]:
    by_hour = [term.usd_per_h for term in sku.ways_to_pay if term.kind in ("on_demand", "owned")]
    for term in sku.ways_to_pay:
        one = next((one for one in held if one.term.name == term.name), None)
        if one is None and not term.sunk_usd_per_h:
            continue
        owned = term.available if term.kind == "owned" and term.available else 0
        most = 0 if one is None else ceil(max(one.units.values()) * one.node.nodes - 1e-9)
        used = 0.0 if one is None else one.utilisation(slots)
        if one is not None and owned:
            used = sum(slot.weight * one.needed.get(slot.name, 0) for slot in slots) * one.node.nodes / owned
        yield TermUse(
            term=term.name,
            kind=term.kind,  # type: ignore[arg-type]
            nodes=max(owned, most),
            usd_per_hour=(one.usd_per_h(slots) if one else 0.0) + term.sunk_usd_per_h,
            usd_per_node_hour=term.usd_per_h,
            utilisation=used,
            break_even=term.usd_per_h / min(by_hour) if term.committed and by_hour and min(by_hour) > 0 else None,
            periods=tuple(_in_periods(fleet, slots, one)) if one else (),
        )


def _in_periods(fleet: Fleet, slots: Sequence[Slot], one: Held) -> Iterator[Holding]:
    slot_at = {when: slot.name for slot in slots for when in slot.whens}
    for scenario in fleet.scenarios:
        for period in fleet.periods:
            slot = slot_at[scenario.name, period.name]
            if slot in one.units:
                yield Holding(
                    period=period.name,
                    scenario=scenario.name if len(fleet.scenarios) > 1 else None,
                    nodes=ceil(one.units[slot] * one.node.nodes - 1e-9),
                    gpus=one.units[slot] * one.node.gpus,
                    used=ceil(one.needed[slot] * one.node.nodes - 1e-9),
                )
