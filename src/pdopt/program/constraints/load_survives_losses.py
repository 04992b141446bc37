"""A pool carries its load with some of its instances gone."""

from __future__ import annotations

import pyomo.environ as pyo


def add_load_survives_losses(program: pyo.ConcreteModel) -> None:
    """Keep the load of each pool in use within its instances less those that may be gone."""

    def rule(program: pyo.ConcreteModel, lane: str, limit: int) -> object:
        if lane not in program.SPARED_LANES:
            return pyo.Constraint.Skip
        loads = program.lane_of[lane].loads
        work = sum(load[limit] * program.Routed_rps[lane, route] for route, load in loads.items())
        return work + program.table.spare_instances * program.Used[lane] - program.Instances[lane] <= 0

    program.load_survives_losses = pyo.Constraint(
        program.LIMITS, rule=rule, doc="work routed to a lane and its spare instances are at most its instances"
    )
