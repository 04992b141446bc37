"""Variables of the program."""

from __future__ import annotations

import pyomo.environ as pyo

from pdopt.capacity.covering import most_instances


def add_variables(program: pyo.ConcreteModel) -> None:
    """Add instance counts, routed rates and node counts."""
    program.Instances = pyo.Var(
        program.LANES,
        domain=pyo.NonNegativeIntegers,
        bounds=lambda program, lane: (0, most_instances(program.table, program.lane_of[lane])),
        doc="running instances of a lane, at most those that would carry all its workloads",
    )
    program.Routed_rps = pyo.Var(
        program.ROUTES, domain=pyo.NonNegativeReals, doc="requests per second of a workload sent to a lane"
    )
    program.Nodes = pyo.Var(
        program.SKUS, domain=pyo.NonNegativeIntegers, doc="rented nodes (GPUs, where a SKU is billed per GPU)"
    )
    program.Used = pyo.Var(program.SPARED_LANES, domain=pyo.Binary, doc="whether a lane has instances at all")
    program.Chosen = pyo.Var(program.CHOSEN_SKUS, domain=pyo.Binary, doc="whether a SKU is used at all")
