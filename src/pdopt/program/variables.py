"""Variables of the program."""

from __future__ import annotations

import pyomo.environ as pyo


def add_variables(program: pyo.ConcreteModel) -> None:
    """Add instance counts, routed rates and node counts."""
    program.Instances = pyo.Var(program.LANES, domain=pyo.NonNegativeIntegers, doc="running instances of a lane")
    program.Routed_rps = pyo.Var(
        program.ROUTES, domain=pyo.NonNegativeReals, doc="requests per second of a workload sent to a lane"
    )
    program.Nodes = pyo.Var(
        program.SKUS, domain=pyo.NonNegativeIntegers, doc="rented nodes (GPUs, where a SKU is billed per GPU)"
    )
