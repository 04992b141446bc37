"""Nodes at hand: what several constraint families say of rented and committed nodes together."""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from pdopt.capacity.table import NodeTerm


def held(program: pyo.ConcreteModel, sku: str, slot: str) -> list[tuple[NodeTerm, Any]]:
    """Give (term, count) of all terms that a SKU's nodes can be had under in a slot."""
    terms = program.node_type_of[sku].ways_to_pay
    return [(term, count(program, sku, term, slot)) for term in terms if term.offered_in(slot)]


def count(program: pyo.ConcreteModel, sku: str, term: NodeTerm, slot: str) -> Any:
    """Give the variable that counts the nodes of one term in a slot."""
    return program.Committed[sku, term.name] if term.committed else program.Nodes[sku, term.name, slot]


def all_held(program: pyo.ConcreteModel, sku: str, slot: str) -> Any:
    """Give the sum over the terms; 0 where a SKU is not offered at all."""
    return sum(nodes for _, nodes in held(program, sku, slot))


def emitted_kg_per_h(program: pyo.ConcreteModel, part: dict[str, float]) -> Any:
    """Give the CO2 of all nodes held, at full load, averaged over slots by the part of the time that each takes."""
    return sum(
        weight * node.kg_per_h * all_held(program, sku, slot)
        for sku, node in program.node_type_of.items()
        for slot, weight in part.items()
        if node.kg_per_h
    )
