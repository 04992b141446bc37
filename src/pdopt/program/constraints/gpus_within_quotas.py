"""Nobody uses more GPUs than their quota."""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from pdopt.capacity.table import GpuQuota
from pdopt.program.held import all_held


def add_gpus_within_quotas(program: pyo.ConcreteModel) -> None:
    """Bound the GPUs of the LLMs' instances, or of all nodes held, on the SKUs that a quota counts."""
    quota_of = {quota.name: quota for quota in program.table.quotas}

    def rule(program: pyo.ConcreteModel, name: str, slot: str) -> object:
        quota = quota_of[name]
        counted = (_used if quota.llms else _held)(program, quota, slot)
        return sum(counted) <= quota.most if counted else pyo.Constraint.Skip

    program.gpus_within_quotas = pyo.Constraint(
        program.QUOTAS, program.SLOTS, rule=rule, doc="GPUs (or nodes) that a quota counts are at most what it allows"
    )


def _used(program: pyo.ConcreteModel, quota: GpuQuota, slot: str) -> list[Any]:
    return [
        quota.per_gpu[lane.sku] * lane.shape.gpus * program.Instances[lane.name, slot]
        for lane in program.lane_of.values()
        if lane.llm in quota.llms and lane.sku in quota.per_gpu
    ]


def _held(program: pyo.ConcreteModel, quota: GpuQuota, slot: str) -> list[Any]:
    nodes = [node for sku, node in program.node_type_of.items() if sku in quota.per_gpu]
    offered = [node for node in nodes if any(term.offered_in(slot) for term in node.ways_to_pay)]
    return [quota.per_gpu[node.sku] * node.gpus * all_held(program, node.sku, slot) for node in offered]
