"""Some nodes are rented in any case."""

from __future__ import annotations

import pyomo.environ as pyo

from pdopt.program.held import all_held


def add_nodes_at_least(program: pyo.ConcreteModel) -> None:
    """Rent the nodes that are wanted in any case, where some are."""

    def rule(program: pyo.ConcreteModel, sku: str, slot: str) -> object:
        least = program.node_type_of[sku].at_least
        return all_held(program, sku, slot) >= least if least else pyo.Constraint.Skip

    program.nodes_at_least = pyo.Constraint(
        program.SKUS, program.SLOTS, rule=rule, doc="nodes of a SKU are at least those wanted in any case"
    )
