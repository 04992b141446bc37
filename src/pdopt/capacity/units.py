"""What a SKU is rented in: nodes, nodes sold together, or single GPUs."""

from __future__ import annotations

from pdopt.capacity.slots import Slot
from pdopt.capacity.table import NodeTerm, NodeType
from pdopt.fleet.fleet import Sku, Term


def node_type(sku: Sku, when: tuple[Slot, ...], kg_per_h: float) -> NodeType:
    """Give a SKU's units with its prices, stock, power and CO2 (that of one node is given)."""
    nodes = sku.sold_in if sku.billing == "node" else 1 / sku.gpus
    return NodeType(
        sku=sku.name,
        gpus=sku.gpus * sku.sold_in if sku.billing == "node" else 1,
        usd_per_h=sku.usd_per_h * nodes,
        available=_units(sku.available, nodes),
        power_kw=None if sku.power_kw is None else sku.power_kw * nodes,
        terms=tuple(_term(term, nodes, when) for term in sku.terms),
        at_least=round(sku.at_least / nodes),
        nodes=nodes,
        start_usd=sku.start_usd * nodes,
        stop_usd=sku.stop_usd * nodes,
        min_up_h=sku.min_up_h,
        site=sku.site,
        kg_per_h=kg_per_h * nodes,
    )


def _term(term: Term, nodes: float, when: tuple[Slot, ...]) -> NodeTerm:
    offered = tuple(slot.name for slot in when if slot.whens[0][1] in term.periods)
    return NodeTerm(
        name=term.name,
        usd_per_h=term.usd_per_h * nodes,
        committed=term.committed,
        available=_units(term.available, nodes),
        slots=offered if term.periods else (),
        spot=term.kind == "spot",
        max_share=term.max_share,
        interruption=term.interruption,
        stock=term.stock,
    )


def _units(available: int | None, nodes: float) -> int | None:
    return None if available is None else round(available / nodes)
