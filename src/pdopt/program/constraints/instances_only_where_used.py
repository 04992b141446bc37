"""Only pools in use have instances, so that every pool that has some keeps its spares."""

from __future__ import annotations

import pyomo.environ as pyo

from pdopt.capacity.covering import most_instances


def add_instances_only_where_used(program: pyo.ConcreteModel) -> None:
    """Tie the instances of a lane to its being in use."""

    def rule(program: pyo.ConcreteModel, lane: str) -> object:
        most = most_instances(program.table, program.lane_of[lane])
        return program.Instances[lane] - most * program.Used[lane] <= 0

    program.instances_only_where_used = pyo.Constraint(
        program.SPARED_LANES, rule=rule, doc="a lane that is not in use has no instances"
    )
