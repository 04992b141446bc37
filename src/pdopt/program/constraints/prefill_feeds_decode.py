"""What prefill hands over is what decode takes."""

from __future__ import annotations

import pyomo.environ as pyo

Route = tuple[str, str, str]  # lane, workload, way


def add_prefill_feeds_decode(program: pyo.ConcreteModel) -> None:
    """Balance each workload at each handover: prefill rates in, decode rates out."""
    sides: dict[tuple[str, str], tuple[list[Route], list[Route]]] = {key: ([], []) for key in program.HANDOVERS}
    for lane, workload, way in program.ROUTES:
        role = program.lane_of[lane].role
        if role in ("prefill", "decode"):
            sides[workload, program.table.handover_of(way)][role == "decode"].append((lane, workload, way))

    def rule(program: pyo.ConcreteModel, workload: str, handover: str, slot: str) -> object:
        prefilled, decoded = (
            sum(program.Routed_rps[*route, slot] for route in routes) for routes in sides[workload, handover]
        )
        return prefilled - decoded == 0

    program.prefill_feeds_decode = pyo.Constraint(
        program.HANDOVERS,
        program.SLOTS,
        rule=rule,
        doc="a workload's prefill rate into a handover equals its decode rate out of it",
    )
