"""What is minimised."""

from __future__ import annotations

import pyomo.environ as pyo


def add_rental_cost(program: pyo.ConcreteModel) -> None:
    """Minimise the dollars per hour of all rented nodes."""
    program.rental_cost = pyo.Objective(
        expr=sum(program.node_type_of[sku].usd_per_h * program.Nodes[sku] for sku in program.SKUS),
        sense=pyo.minimize,
        doc="dollars per hour of the rented nodes",
    )
