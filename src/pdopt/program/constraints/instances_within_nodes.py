"""Instances fit on the nodes at hand."""

from __future__ import annotations

import pyomo.environ as pyo

from pdopt.program.held import held


def add_instances_within_nodes(program: pyo.ConcreteModel) -> None:
    """Bound the GPUs of all instances on a SKU, less those on spot nodes, by the GPUs of its other nodes."""
    on_sku: dict[str, list[str]] = {sku: [] for sku in program.SKUS}
    for lane in program.LANES:
        on_sku[program.lane_of[lane].sku].append(lane)

    def rule(program: pyo.ConcreteModel, sku: str, slot: str) -> object:
        if not on_sku[sku]:
            return pyo.Constraint.Skip
        terms = held(program, sku, slot)
        used = sum(program.lane_of[lane].shape.gpus * program.Instances[lane, slot] for lane in on_sku[sku])
        elsewhere = sum(
            program.lane_of[lane].shape.gpus * program.OnSpot[lane, term.name, slot]
            for term, _ in terms
            for lane in on_sku[sku]
            if term.spot
        )
        nodes = sum(nodes for term, nodes in terms if not term.spot)
        return used - elsewhere - program.node_type_of[sku].gpus * nodes <= 0

    program.instances_within_nodes = pyo.Constraint(
        program.SKUS,
        program.SLOTS,
        rule=rule,
        doc="GPUs of the instances on a SKU are at most the GPUs of its nodes, spot aside",
    )
