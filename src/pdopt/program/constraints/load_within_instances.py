"""No lane carries more than its instances can within its targets."""

from __future__ import annotations

import pyomo.environ as pyo

from pdopt.program.work import capacity, work


def add_load_within_instances(program: pyo.ConcreteModel) -> None:
    """Bound the work routed to a lane by its instances (those on spot less the time they are away), per limit."""

    def rule(program: pyo.ConcreteModel, lane: str, limit: int, slot: str) -> object:
        return work(program, lane, limit, slot) - capacity(program, lane, limit, slot) <= 0

    program.load_within_instances = pyo.Constraint(
        program.LIMITS,
        program.SLOTS,
        rule=rule,
        doc="instances' worth of work routed to a lane is at most its instances",
    )
