"""No more nodes are rented than there are."""

from __future__ import annotations

import pyomo.environ as pyo


def add_nodes_within_stock(program: pyo.ConcreteModel) -> None:
    """Bound rented nodes by the stock, where one is stated."""

    def rule(program: pyo.ConcreteModel, sku: str) -> object:
        available = program.node_type_of[sku].available
        return pyo.Constraint.Skip if available is None else program.Nodes[sku] <= available

    program.nodes_within_stock = pyo.Constraint(
        program.SKUS, rule=rule, doc="rented nodes of a SKU are at most those available"
    )
