"""Every workload is served at the rate it must be."""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo


def add_serve_demand(program: pyo.ConcreteModel) -> None:
    """Decode and mixed lanes together carry ``min_served`` of the demand (margin included)."""
    ends: dict[str, list[Any]] = {workload: [] for workload in program.WORKLOADS}
    for lane, workload, handover in program.ROUTES:
        if program.lane_of[lane].role in ("decode", "mixed"):
            ends[workload].append(program.Routed_rps[lane, workload, handover])

    def rule(program: pyo.ConcreteModel, workload: str) -> object:
        if not ends[workload] and program.table.required_rps[workload] == 0:
            return pyo.Constraint.Skip
        return sum(ends[workload]) >= program.table.required_rps[workload]

    program.serve_demand = pyo.Constraint(
        program.WORKLOADS, rule=rule, doc="requests per second that leave decode (or mixed) cover what must be served"
    )
