"""Work and what carries it: what several constraint families say of a lane."""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo


def work(program: pyo.ConcreteModel, lane: str, limit: int, slot: str) -> Any:
    """Give the instances' worth of work that is routed to a lane, at one of its limits."""
    loads = program.lane_of[lane].loads
    return sum(load[limit] * program.Routed_rps[lane, route, slot] for route, load in loads.items())


def carrying(program: pyo.ConcreteModel, lane: str, slot: str) -> Any:
    """Give the instances that carry work: those on spot nodes only for the time they are expected to be there."""
    away = sum(
        term.interruption * program.OnSpot[lane, name, slot]
        for (sku, name), term in program.term_of.items()
        if term.spot and term.interruption and (lane, name, slot) in program.SPOT
    )
    return program.Instances[lane, slot] - away


def leaving(program: pyo.ConcreteModel, workload: str, slot: str) -> list[Any]:
    """Give the rates of a workload's requests where they leave: on decode and mixed lanes."""
    return [program.Routed_rps[route, slot] for route in program.ends_of[workload]]
