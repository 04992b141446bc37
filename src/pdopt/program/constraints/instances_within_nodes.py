"""Instances fit on the rented nodes."""

from __future__ import annotations

import pyomo.environ as pyo


def add_instances_within_nodes(program: pyo.ConcreteModel) -> None:
    """Bound the GPUs of all instances on a SKU by the GPUs of its rented nodes."""
    on_sku: dict[str, list[str]] = {sku: [] for sku in program.SKUS}
    for lane in program.LANES:
        on_sku[program.lane_of[lane].sku].append(lane)

    def rule(program: pyo.ConcreteModel, sku: str) -> object:
        if not on_sku[sku]:
            return pyo.Constraint.Skip
        used = sum(program.lane_of[lane].shape.gpus * program.Instances[lane] for lane in on_sku[sku])
        return used - program.node_type_of[sku].gpus * program.Nodes[sku] <= 0

    program.instances_within_nodes = pyo.Constraint(
        program.SKUS, rule=rule, doc="GPUs of the instances on a SKU are at most the GPUs of its rented nodes"
    )
