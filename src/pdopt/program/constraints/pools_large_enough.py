"""A pool is empty or large enough."""

from __future__ import annotations

import pyomo.environ as pyo


def add_pools_large_enough(program: pyo.ConcreteModel) -> None:
    """Give every lane in use the instances that a pool must have."""
    least = program.table.min_pool_instances

    def rule(program: pyo.ConcreteModel, lane: str, slot: str) -> object:
        if least <= 1:
            return pyo.Constraint.Skip
        return least * program.Used[lane, slot] - program.Instances[lane, slot] <= 0

    program.pools_large_enough = pyo.Constraint(
        program.SWITCHED_LANES,
        program.SLOTS,
        rule=rule,
        doc="a lane in use has at least min_pool_instances instances",
    )
