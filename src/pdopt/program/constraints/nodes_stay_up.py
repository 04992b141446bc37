"""What was started stays up for as long as it must."""

from __future__ import annotations

import pyomo.environ as pyo

from pdopt.capacity.slots import lately


def add_nodes_stay_up(program: pyo.ConcreteModel) -> None:
    """Keep every node for its minimum up-time after a start."""
    slots = list(program.slot_of.values())

    def rule(program: pyo.ConcreteModel, sku: str, term: str, slot: str) -> object:
        hours = program.node_type_of[sku].min_up_h
        if not hours:
            return pyo.Constraint.Skip
        recent = [name for name in lately(slots, slot, hours) if (sku, term, name) in program.NODE_STARTS]
        started = sum(program.StartedNodes[sku, term, name] for name in recent)
        return started - program.Nodes[sku, term, slot] <= 0

    program.nodes_stay_up = pyo.Constraint(
        program.NODE_STARTS, rule=rule, doc="nodes started within the minimum up-time are still rented"
    )
