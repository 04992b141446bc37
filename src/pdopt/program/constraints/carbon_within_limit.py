"""The nodes emit no more CO2 than is wanted."""

from __future__ import annotations

import pyomo.environ as pyo

from pdopt.program.held import emitted_kg_per_h


def add_carbon_within_limit(program: pyo.ConcreteModel) -> None:
    """Bound the kilograms of CO2 per hour of all nodes held, at full load, averaged over the expected time."""

    def rule(program: pyo.ConcreteModel, limit: str) -> object:
        emitted = emitted_kg_per_h(program, {slot.name: slot.weight for slot in program.table.slots})
        emits = any(node.kg_per_h for node in program.node_type_of.values())
        return emitted <= program.table.carbon_kg_per_h if emits else pyo.Constraint.Skip

    program.carbon_within_limit = pyo.Constraint(
        program.CARBON_LIMITS, rule=rule, doc="kilograms of CO2 per hour are at most carbon_kg_per_hour on average"
    )
