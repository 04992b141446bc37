"""What prefill hands over is what decode takes, when sites are gone too."""

from __future__ import annotations

import pyomo.environ as pyo


def add_rerouted_feeds_decode(program: pyo.ConcreteModel) -> None:
    """Balance each workload at each handover among the lanes that stand elsewhere."""
    signs = {"prefill": 1.0, "decode": -1.0}
    sides: dict[tuple[str, str, str], list[tuple[float, tuple[str, str, str, str]]]] = {}
    for gone, lane, workload, way in program.REROUTES:
        sign = signs.get(program.lane_of[lane].role)
        if sign is not None:
            key = (gone, workload, program.table.handover_of(way))
            sides.setdefault(key, []).append((sign, (gone, lane, workload, way)))

    def rule(program: pyo.ConcreteModel, gone: str, workload: str, handover: str, slot: str) -> object:
        routes = sides.get((gone, workload, handover))
        if not routes:
            return pyo.Constraint.Skip
        return sum(sign * program.Rerouted_rps[*route, slot] for sign, route in routes) == 0

    program.rerouted_feeds_decode = pyo.Constraint(
        program.SITE_LOSSES,
        program.HANDOVERS,
        program.SLOTS,
        rule=rule,
        doc="with sites gone, a workload's prefill rate into a handover equals its decode rate out of it",
    )
