"""What is encoded is what prefill takes with images, when sites are gone too."""

from __future__ import annotations

import pyomo.environ as pyo

Reroute = tuple[str, str, str, str]  # sites gone, lane, workload, way


def add_rerouted_feeds_prefill(program: pyo.ConcreteModel) -> None:
    """Balance each workload with images at each split of its TTFT among the lanes that stand elsewhere."""
    encoded = program.table.encoded
    sides: dict[tuple[str, str, str], list[tuple[float, Reroute]]] = {}
    for gone, lane, workload, way in program.REROUTES:
        if program.lane_of[lane].role == "encode":
            sides.setdefault((gone, workload, way), []).append((1.0, (gone, lane, workload, way)))
        elif way in encoded:
            sides.setdefault((gone, workload, encoded[way][0]), []).append((-1.0, (gone, lane, workload, way)))

    def rule(program: pyo.ConcreteModel, gone: str, workload: str, split: str, slot: str) -> object:
        routes = sides.get((gone, workload, split))
        if not routes:
            return pyo.Constraint.Skip
        return sum(sign * program.Rerouted_rps[*route, slot] for sign, route in routes) == 0

    program.rerouted_feeds_prefill = pyo.Constraint(
        program.SITE_LOSSES,
        program.SPLITS,
        program.SLOTS,
        rule=rule,
        doc="with sites gone, a workload's encode rate into a split of its TTFT equals its prefill rate out of it",
    )
