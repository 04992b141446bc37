"""What starts and stops against the plan that runs now is noticed."""

from __future__ import annotations

import pyomo.environ as pyo


def add_changes_counted(program: pyo.ConcreteModel) -> None:
    """Count the instances of a shape in one role beyond, and short of, those that run now, in the slot with most."""
    lanes_of: dict[tuple[str, ...], list[str]] = {}
    for lane in program.lane_of.values():
        lanes_of.setdefault(lane.deployment, []).append(lane.name)

    def rule(program: pyo.ConcreteModel, *index: str) -> object:
        *deployment, slot, kind = index
        running = sum(program.Instances[lane, slot] for lane in lanes_of.get(tuple(deployment), ()))
        now = program.now_of.get((*deployment, slot), 0)
        if kind == "start":
            return running - program.AddedInstances[tuple(deployment)] <= now
        return -running - program.DroppedInstances[tuple(deployment)] <= -now

    program.changes_counted = pyo.Constraint(
        program.CHANGES,
        rule=rule,
        doc="instances beyond those that run now are added, those that are missing are dropped",
    )
