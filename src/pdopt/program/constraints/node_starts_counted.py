"""Starting a node is noticed, where it matters."""

from __future__ import annotations

import pyomo.environ as pyo


def add_node_starts_counted(program: pyo.ConcreteModel) -> None:
    """Count the nodes that are rented in a slot and were not in the one before; periods form a circle."""

    def rule(program: pyo.ConcreteModel, sku: str, term: str, slot: str) -> object:
        before = program.slot_of[slot].previous
        had = program.Nodes[sku, term, before] if (sku, term, before) in program.RENTALS else 0
        return program.Nodes[sku, term, slot] - had - program.StartedNodes[sku, term, slot] <= 0

    program.node_starts_counted = pyo.Constraint(
        program.NODE_STARTS, rule=rule, doc="nodes rented in a slot beyond those of the one before are started"
    )
