"""Work and what carries it: what several constraint families say of a lane."""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo


def work(program: pyo.ConcreteModel, lane: str, limit: int, slot: str) -> Any:
    """Give the instances' worth of work that is routed to a lane, at one of its limits."""
    loads = program.lane_of[lane].loads
    return sum(load[limit] * program.Routed_rps[lane, *route, slot] for route, load in loads.items())


def rerouted_work(program: pyo.ConcreteModel, gone: str, lane: str, limit: int, slot: str) -> Any:
    """Give the instances' worth of work that goes to a lane when sites are gone."""
    loads = program.lane_of[lane].loads
    return sum(load[limit] * program.Rerouted_rps[gone, lane, *route, slot] for route, load in loads.items())


def deviation(program: pyo.ConcreteModel, lane: str, limit: int, workload: str, slot: str) -> Any:
    """Give the instances' worth of work that a workload may bring to a lane beyond what is stated."""
    loads = program.lane_of[lane].loads
    routed = sum(
        load[limit] * program.Routed_rps[lane, *r, slot] for r, load in loads.items() if r.workload == workload
    )
    return program.deviations_of[lane][workload] * routed


def protected_work(program: pyo.ConcreteModel, lane: str, limit: int, slot: str) -> Any:
    """Give the work of a lane with as many of its workloads deviating at once as may, whichever they are."""
    together = program.table.uncertainty.workloads
    deviating = program.deviations_of[lane]
    if len(deviating) <= together:
        more = sum(deviation(program, lane, limit, workload, slot) for workload in deviating)
    else:
        beyond = sum(program.DeviationBeyond[lane, limit, workload, slot] for workload in deviating)
        more = together * program.DeviationOfEach[lane, limit, slot] + beyond
    return work(program, lane, limit, slot) + more


def carrying(program: pyo.ConcreteModel, lane: str, slot: str) -> Any:
    """Give the instances that carry work: those on spot nodes only for the time they are expected to be there."""
    away = sum(
        term.interruption * program.OnSpot[lane, name, slot]
        for (sku, name), term in program.term_of.items()
        if term.spot and term.interruption and (lane, name, slot) in program.SPOT
    )
    return program.Instances[lane, slot] - away


def capacity(program: pyo.ConcreteModel, lane: str, limit: int, slot: str, gone: int = 0) -> Any:
    """Give the work that a lane's instances carry within a limit when some of them are gone.

    As much as there are instances; under pooled dispatch, what a pool of the size that is counted on carries.
    """
    one = program.lane_of[lane]
    if not one.sizes:
        return carrying(program, lane, slot) - (gone * program.Used[lane, slot] if gone else 0)
    last = program.largest_size[lane, slot]
    sized = sum(one.carried(limit, n - gone) * program.Sized[lane, n, slot] for n in range(1, last + 1))
    step = one.carried(limit, last - gone + 1) - one.carried(limit, last - gone)
    return sized + step * program.SizedBeyond[lane, slot]


def leaving(program: pyo.ConcreteModel, workload: str, slot: str) -> list[Any]:
    """Give the rates of a workload's requests where they leave: on decode and mixed lanes."""
    return [program.Routed_rps[*route, slot] for route in program.ends_of[workload]]
