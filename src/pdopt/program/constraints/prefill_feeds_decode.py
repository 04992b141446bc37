"""What prefill hands over is what decode takes."""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo


def add_prefill_feeds_decode(program: pyo.ConcreteModel) -> None:
    """Balance each workload at each handover: prefill rates in, decode rates out."""
    sides: dict[tuple[str, str], tuple[list[Any], list[Any]]] = {key: ([], []) for key in program.HANDOVERS}
    for lane, workload, handover in program.ROUTES:
        role = program.lane_of[lane].role
        if role in ("prefill", "decode"):
            sides[workload, handover][role == "decode"].append(program.Routed_rps[lane, workload, handover])

    def rule(program: pyo.ConcreteModel, workload: str, handover: str) -> object:
        prefilled, decoded = sides[workload, handover]
        return sum(prefilled) - sum(decoded) == 0

    program.prefill_feeds_decode = pyo.Constraint(
        program.HANDOVERS, rule=rule, doc="a workload's prefill rate into a handover equals its decode rate out of it"
    )
