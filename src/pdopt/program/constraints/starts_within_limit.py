"""Not too much is started at once."""

from __future__ import annotations

import pyomo.environ as pyo


def add_starts_within_limit(program: pyo.ConcreteModel) -> None:
    """Bound the instances that are started against the plan that runs now."""

    def rule(program: pyo.ConcreteModel, limit: str) -> object:
        return sum(program.AddedInstances[key] for key in program.ADDED) <= program.table.changeover.max_starts

    program.starts_within_limit = pyo.Constraint(
        program.START_LIMITS, rule=rule, doc="instances beyond those that run now are at most max_starts"
    )
