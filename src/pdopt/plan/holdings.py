"""Units of every SKU under every term, slot by slot: what is held, and what the pools need of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from pdopt.capacity.slots import Slot
from pdopt.capacity.table import LaneTable, NodeTerm, NodeType
from pdopt.plan.decision import Decision
from pdopt.plan.plan import Pool

Pools = dict[str, tuple[Pool, ...]]  # by slot


@dataclass(frozen=True)
class Held:
    """Units of one SKU under one term: held and needed by slot, in those it is offered."""

    node: NodeType
    term: NodeTerm
    units: dict[str, int]
    needed: dict[str, int]

    def usd_per_h(self, slots: Sequence[Slot]) -> float:
        """Average dollars per hour over the expected time."""
        return self.term.usd_per_h * sum(slot.weight * self.units.get(slot.name, 0) for slot in slots)

    def kg_per_h(self, slots: Sequence[Slot]) -> float:
        """Average CO2 per hour over the expected time, at full load."""
        return self.node.kg_per_h * sum(slot.weight * self.units.get(slot.name, 0) for slot in slots)

    def utilisation(self, slots: Sequence[Slot]) -> float:
        """Part of the held unit-hours that is needed."""
        held = sum(slot.weight * self.units.get(slot.name, 0) for slot in slots)
        return sum(slot.weight * self.needed.get(slot.name, 0) for slot in slots) / held if held else 0.0


def holdings(table: LaneTable, decision: Decision, pools: Pools) -> list[Held]:
    """Give what is held of each SKU; what a solver rents beyond need is given back where that costs nothing."""
    found = []
    for node in table.nodes:
        counts: dict[str, dict[str, tuple[int, int]]] = {term.name: {} for term in node.ways_to_pay}
        for slot in table.slots:
            for name, pair in _in_slot(node, decision, slot.name, pools[slot.name]).items():
                counts[name][slot.name] = pair
        for term in node.ways_to_pay:
            if any(held for held, _ in counts[term.name].values()):
                units = {slot: held for slot, (held, _) in counts[term.name].items()}
                needed = {slot: used for slot, (_, used) in counts[term.name].items()}
                found.append(Held(node, term, units, needed))
    return found


def _in_slot(node: NodeType, decision: Decision, slot: str, pools: Sequence[Pool]) -> dict[str, tuple[int, int]]:
    """Give (held, needed) by term: commitments are used first, then what is cheapest."""
    mine = [pool for pool in pools if pool.sku == node.sku]
    gpus = sum(pool.gpus_per_instance * (pool.instances - sum((pool.on_spot or {}).values())) for pool in mine)
    open_units, found = ceil(gpus / node.gpus), {}
    offered = [term for term in node.ways_to_pay if term.offered_in(slot)]
    for term in sorted(offered, key=lambda term: (not term.committed, term.usd_per_h)):
        if term.spot:
            needed = ceil(
                sum(pool.gpus_per_instance * (pool.on_spot or {}).get(term.name, 0) for pool in mine) / node.gpus
            )
            held = decision.rented.get((node.sku, term.name, slot), 0)
        elif term.committed:
            held = decision.committed.get((node.sku, term.name), 0)
            needed = min(held, open_units)
        else:
            held = decision.rented.get((node.sku, term.name, slot), 0)
            needed = min(held, open_units)
        if not term.committed and not (node.at_least or node.start_usd or node.stop_usd or node.min_up_h):
            held = needed
        open_units -= 0 if term.spot else needed
        found[term.name] = (held, needed)
    return found
