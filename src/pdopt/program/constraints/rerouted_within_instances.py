"""No lane carries more than its instances can when sites are gone."""

from __future__ import annotations

import pyomo.environ as pyo

from pdopt.program.work import capacity, rerouted_work


def add_rerouted_within_instances(program: pyo.ConcreteModel) -> None:
    """Bound the work that goes to a lane when sites are gone by the instances that it has in any case."""

    def rule(program: pyo.ConcreteModel, gone: str, lane: str, limit: int, slot: str) -> object:
        return rerouted_work(program, gone, lane, limit, slot) - capacity(program, lane, limit, slot) <= 0

    program.rerouted_within_instances = pyo.Constraint(
        program.REMAINING_LIMITS,
        program.SLOTS,
        rule=rule,
        doc="instances' worth of work that goes to a lane when sites are gone is at most its instances",
    )
