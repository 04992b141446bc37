"""Nothing is served that nobody asks for."""

from __future__ import annotations

import pyomo.environ as pyo

from pdopt.program.work import leaving


def add_served_within_demand(program: pyo.ConcreteModel) -> None:
    """Bound what is served of a workload by its demand, where serving more is worth something."""

    def rule(program: pyo.ConcreteModel, workload: str, slot: str) -> object:
        rates = leaving(program, workload, slot)
        return sum(rates) <= program.slot_of[slot].wanted_rps[workload] if rates else pyo.Constraint.Skip

    program.served_within_demand = pyo.Constraint(
        program.VALUED_WORKLOADS,
        program.SLOTS,
        rule=rule,
        doc="requests per second that are served are at most those that come",
    )
