"""Only pools in use have instances, so that every pool that has some keeps its spares."""

from __future__ import annotations

import pyomo.environ as pyo


def add_instances_only_where_used(program: pyo.ConcreteModel) -> None:
    """Tie the instances of a lane to its being in use."""

    def rule(program: pyo.ConcreteModel, lane: str, slot: str) -> object:
        instances = program.Instances[lane, slot]
        return instances - instances.ub * program.Used[lane, slot] <= 0

    program.instances_only_where_used = pyo.Constraint(
        program.SWITCHED_LANES, program.SLOTS, rule=rule, doc="a lane that is not in use has no instances"
    )
