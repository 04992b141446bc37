"""A pool carries its load, or the part of it that is asked for, with some of its instances gone."""

from __future__ import annotations

import pyomo.environ as pyo

from pdopt.program.work import capacity, protected_work


def add_load_survives_losses(program: pyo.ConcreteModel) -> None:
    """Keep the part of each pool's load that must survive within its instances less those that may be gone."""

    def rule(program: pyo.ConcreteModel, lane: str, limit: int, slot: str) -> object:
        gone = program.lane_of[lane].spares
        if not gone:
            return pyo.Constraint.Skip
        load = program.table.serve * protected_work(program, lane, limit, slot)
        return load - capacity(program, lane, limit, slot, gone) <= 0

    program.load_survives_losses = pyo.Constraint(
        program.LIMITS,
        program.SLOTS,
        rule=rule,
        doc="the part of a lane's work that must survive and its spare instances are at most its instances",
    )
