"""The rented nodes draw no more power than there is."""

from __future__ import annotations

import pyomo.environ as pyo


def add_power_within_limit(program: pyo.ConcreteModel) -> None:
    """Bound the kilowatts of all rented nodes at full load."""

    def rule(program: pyo.ConcreteModel, limit: str) -> object:
        drawn = sum(program.node_type_of[sku].power_kw * program.Nodes[sku] for sku in program.SKUS)
        return drawn <= program.table.power_kw

    program.power_within_limit = pyo.Constraint(
        program.POWER_LIMITS, rule=rule, doc="kilowatts of the rented nodes at full load are at most power_kw"
    )
