"""Starting an instance is noticed, where it costs something."""

from __future__ import annotations

import pyomo.environ as pyo


def add_instance_starts_counted(program: pyo.ConcreteModel) -> None:
    """Count the instances of a shape in one role that run in a slot and did not in the one before."""
    lanes_of: dict[tuple[str, ...], list[str]] = {}
    for lane in program.lane_of.values():
        lanes_of.setdefault(lane.deployment, []).append(lane.name)

    def rule(program: pyo.ConcreteModel, *index: str) -> object:
        *deployment, slot = index
        before = program.slot_of[slot].previous
        lanes = lanes_of[tuple(deployment)]
        more = sum(program.Instances[lane, slot] - program.Instances[lane, before] for lane in lanes)
        return more - program.StartedInstances[index] <= 0

    program.instance_starts_counted = pyo.Constraint(
        program.INSTANCE_STARTS,
        rule=rule,
        doc="instances running in a slot beyond those of the one before are started",
    )
