"""Only chosen SKUs are rented."""

from __future__ import annotations

import pyomo.environ as pyo

from pdopt.capacity.covering import most_nodes


def add_nodes_only_of_chosen_skus(program: pyo.ConcreteModel) -> None:
    """Tie the nodes of a SKU to its being chosen."""

    def rule(program: pyo.ConcreteModel, sku: str) -> object:
        most = most_nodes(program.table, program.node_type_of[sku])
        return program.Nodes[sku] - most * program.Chosen[sku] <= 0

    program.nodes_only_of_chosen_skus = pyo.Constraint(
        program.CHOSEN_SKUS, rule=rule, doc="a SKU that is not chosen has no nodes"
    )
