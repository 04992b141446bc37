"""No lane carries more than its instances can within its targets."""

from __future__ import annotations

import pyomo.environ as pyo


def add_load_within_instances(program: pyo.ConcreteModel) -> None:
    """Bound the work routed to a lane by its instances, once per limit."""

    def rule(program: pyo.ConcreteModel, lane: str, limit: int) -> object:
        loads = program.lane_of[lane].loads
        work = sum(load[limit] * program.Routed_rps[lane, route] for route, load in loads.items())
        return work - program.Instances[lane] <= 0

    program.load_within_instances = pyo.Constraint(
        program.LIMITS, rule=rule, doc="instances' worth of work routed to a lane is at most its instances"
    )
