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
