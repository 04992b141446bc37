"""What must be served is served, or the part of it that is asked for, when sites are gone."""

from __future__ import annotations

import pyomo.environ as pyo


def add_demand_survives_site_loss(program: pyo.ConcreteModel) -> None:
    """Let the decode and mixed lanes that stand elsewhere carry the part of the required rate that must survive."""
    ends: dict[tuple[str, str], list[tuple[str, str, str, str]]] = {}
    for gone, lane, workload, handover in program.REROUTES:
        if program.lane_of[lane].role in ("decode", "mixed"):
            ends.setdefault((gone, workload), []).append((gone, lane, workload, handover))

    def rule(program: pyo.ConcreteModel, gone: str, workload: str, slot: str) -> object:
        routes = ends.get((gone, workload), ())
        required = program.table.serve * program.slot_of[slot].required_rps[workload]
        if not routes and required == 0:
            return pyo.Constraint.Skip
        return sum(program.Rerouted_rps[*route, slot] for route in routes) == required

    program.demand_survives_site_loss = pyo.Constraint(
        program.SITE_LOSSES,
        program.WORKLOADS,
        program.SLOTS,
        rule=rule,
        doc="requests per second that leave decode (or mixed) elsewhere are the part that must survive",
    )
