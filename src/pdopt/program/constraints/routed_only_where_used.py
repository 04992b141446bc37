"""Only pools in use are routed to: implied by the others, but it sharpens the bound where pools keep spares."""

from __future__ import annotations

import pyomo.environ as pyo


def add_routed_only_where_used(program: pyo.ConcreteModel) -> None:
    """Tie what is routed to a lane of each workload, at most all of it, to the lane's being in use."""
    routes: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for lane, workload, handover in program.ROUTES:
        if lane in program.SWITCHED_LANES:
            routes.setdefault((lane, workload), []).append((lane, workload, handover))
    program.USES = pyo.Set(dimen=2, initialize=list(routes), doc="(lane, workload) of lanes that are in use or not")

    def rule(program: pyo.ConcreteModel, lane: str, workload: str, slot: str) -> object:
        routed = sum(program.Routed_rps[*route, slot] for route in routes[lane, workload])
        return routed - program.slot_of[slot].wanted_rps[workload] * program.Used[lane, slot] <= 0

    program.routed_only_where_used = pyo.Constraint(
        program.USES,
        program.SLOTS,
        rule=rule,
        doc="requests per second of a workload routed to a lane are at most its demand, and none if it is not in use",
    )
