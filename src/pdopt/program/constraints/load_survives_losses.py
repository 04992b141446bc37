"""A pool carries its load with some of its instances gone."""

from __future__ import annotations

import pyomo.environ as pyo

from pdopt.program.work import carrying, work


def add_load_survives_losses(program: pyo.ConcreteModel) -> None:
    """Keep the load of each pool in use within its instances less those that may be gone."""

    def rule(program: pyo.ConcreteModel, lane: str, limit: int, slot: str) -> object:
        if not program.table.spare_instances:
            return pyo.Constraint.Skip
        spares = program.table.spare_instances * program.Used[lane, slot]
        return work(program, lane, limit, slot) + spares - carrying(program, lane, slot) <= 0

    program.load_survives_losses = pyo.Constraint(
        program.LIMITS,
        program.SLOTS,
        rule=rule,
        doc="work routed to a lane and its spare instances are at most its instances",
    )
