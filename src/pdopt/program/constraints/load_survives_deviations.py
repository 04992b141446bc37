"""No lane is overloaded when some of its workloads bring more work than stated."""

from __future__ import annotations

import pyomo.environ as pyo

from pdopt.program.work import capacity, protected_work


def add_load_survives_deviations(program: pyo.ConcreteModel) -> None:
    """Bound the work of a lane with its largest deviations by its instances (Bertsimas and Sim, 2004)."""

    def rule(program: pyo.ConcreteModel, lane: str, limit: int, slot: str) -> object:
        if not program.deviations_of[lane]:
            return pyo.Constraint.Skip
        return protected_work(program, lane, limit, slot) - capacity(program, lane, limit, slot) <= 0

    program.load_survives_deviations = pyo.Constraint(
        program.LIMITS,
        program.SLOTS,
        rule=rule,
        doc="work routed to a lane and the largest deviations that may come at once are at most its instances",
    )
