"""Only chosen SKUs are rented."""

from __future__ import annotations

import pyomo.environ as pyo

from pdopt.capacity.covering import most_nodes
from pdopt.program.held import all_held


def add_nodes_only_of_chosen_skus(program: pyo.ConcreteModel) -> None:
    """Tie the nodes of a SKU to its being chosen."""

    def rule(program: pyo.ConcreteModel, sku: str, slot: str) -> object:
        node = program.node_type_of[sku]
        most = max(most_nodes(program.table, node, other) for other in program.table.slots)
        return all_held(program, sku, slot) - most * program.Chosen[sku] <= 0

    program.nodes_only_of_chosen_skus = pyo.Constraint(
        program.CHOSEN_SKUS, program.SLOTS, rule=rule, doc="a SKU that is not chosen has no nodes"
    )
