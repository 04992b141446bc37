"""No more SKUs are used than one wants to run."""

from __future__ import annotations

import pyomo.environ as pyo


def add_skus_within_limit(program: pyo.ConcreteModel) -> None:
    """Bound the number of chosen SKUs."""

    def rule(program: pyo.ConcreteModel, limit: str) -> object:
        return sum(program.Chosen[sku] for sku in program.CHOSEN_SKUS) <= program.table.max_skus

    program.skus_within_limit = pyo.Constraint(
        program.SKU_LIMITS, rule=rule, doc="the SKUs in use are at most max_skus"
    )
