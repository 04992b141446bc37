"""Instances on spot fit on the spot nodes."""

from __future__ import annotations

import pyomo.environ as pyo


def add_spot_instances_within_nodes(program: pyo.ConcreteModel) -> None:
    """Bound the GPUs of the instances on spot by the GPUs of the spot nodes, term by term."""
    lanes_of: dict[tuple[str, str, str], list[str]] = {}
    for lane, term, slot in program.SPOT:
        lanes_of.setdefault((program.lane_of[lane].sku, term, slot), []).append(lane)

    def rule(program: pyo.ConcreteModel, sku: str, term: str, slot: str) -> object:
        lanes = lanes_of.get((sku, term, slot))
        if not lanes:
            return pyo.Constraint.Skip
        used = sum(program.lane_of[lane].shape.gpus * program.OnSpot[lane, term, slot] for lane in lanes)
        return used - program.node_type_of[sku].gpus * program.Nodes[sku, term, slot] <= 0

    program.spot_instances_within_nodes = pyo.Constraint(
        program.RENTALS, rule=rule, doc="GPUs of the instances on spot nodes of a term are at most the GPUs of these"
    )
