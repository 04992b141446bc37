"""What is encoded is what prefill takes with images."""

from __future__ import annotations

import pyomo.environ as pyo

Route = tuple[str, str, str]  # lane, workload, way


def add_encode_feeds_prefill(program: pyo.ConcreteModel) -> None:
    """Balance each workload with images at each split of its TTFT: encode rates in, prefill rates out."""
    sides: dict[tuple[str, str], tuple[list[Route], list[Route]]] = {key: ([], []) for key in program.SPLITS}
    for lane, workload, way in program.ROUTES:
        if program.lane_of[lane].role == "encode":
            sides[workload, way][0].append((lane, workload, way))
        elif way in program.table.encoded:
            sides[workload, program.table.encoded[way][0]][1].append((lane, workload, way))

    def rule(program: pyo.ConcreteModel, workload: str, split: str, slot: str) -> object:
        encoded, prefilled = (
            sum(program.Routed_rps[*route, slot] for route in routes) for routes in sides[workload, split]
        )
        return encoded - prefilled == 0

    program.encode_feeds_prefill = pyo.Constraint(
        program.SPLITS,
        program.SLOTS,
        rule=rule,
        doc="a workload's encode rate into a split of its TTFT equals its prefill rate out of it",
    )
