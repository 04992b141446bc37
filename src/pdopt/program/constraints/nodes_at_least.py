"""Some nodes are rented in any case."""

from __future__ import annotations

import pyomo.environ as pyo


def add_nodes_at_least(program: pyo.ConcreteModel) -> None:
    """Rent the nodes that are wanted in any case, where some are."""

    def rule(program: pyo.ConcreteModel, sku: str) -> object:
        least = program.node_type_of[sku].at_least
        return program.Nodes[sku] >= least if least else pyo.Constraint.Skip

    program.nodes_at_least = pyo.Constraint(
        program.SKUS, rule=rule, doc="rented nodes of a SKU are at least those wanted in any case"
    )
