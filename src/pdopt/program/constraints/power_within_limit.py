"""The nodes draw no more power than there is."""

from __future__ import annotations

import pyomo.environ as pyo

from pdopt.program.held import all_held


def add_power_within_limit(program: pyo.ConcreteModel) -> None:
    """Bound the kilowatts of all nodes at full load."""

    def rule(program: pyo.ConcreteModel, limit: str, slot: str) -> object:
        drawn = sum(program.node_type_of[sku].power_kw * all_held(program, sku, slot) for sku in program.SKUS)
        return drawn <= program.table.power_kw

    program.power_within_limit = pyo.Constraint(
        program.POWER_LIMITS, program.SLOTS, rule=rule, doc="kilowatts of the nodes at full load are at most power_kw"
    )
