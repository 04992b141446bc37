"""No more nodes are held than there are."""

from __future__ import annotations

import pyomo.environ as pyo

from pdopt.program.held import all_held


def add_nodes_within_stock(program: pyo.ConcreteModel) -> None:
    """Bound the nodes of all terms of a SKU by the stock, where one is stated."""

    def rule(program: pyo.ConcreteModel, sku: str, slot: str) -> object:
        available = program.node_type_of[sku].available
        return pyo.Constraint.Skip if available is None else all_held(program, sku, slot) <= available

    program.nodes_within_stock = pyo.Constraint(
        program.SKUS, program.SLOTS, rule=rule, doc="nodes of a SKU are at most those available"
    )
