"""Every workload is served at the rate it must be."""

from __future__ import annotations

import pyomo.environ as pyo

from pdopt.program.work import leaving


def add_serve_demand(program: pyo.ConcreteModel) -> None:
    """Decode and mixed lanes together carry ``min_served`` of the demand (margin included)."""

    def rule(program: pyo.ConcreteModel, workload: str, slot: str) -> object:
        rates, required = leaving(program, workload, slot), program.slot_of[slot].required_rps[workload]
        if not rates and required == 0:
            return pyo.Constraint.Skip
        return sum(rates) >= required

    program.serve_demand = pyo.Constraint(
        program.WORKLOADS,
        program.SLOTS,
        rule=rule,
        doc="requests per second that leave decode (or mixed) cover what must be served",
    )
