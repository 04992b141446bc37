"""What scenarios cost beyond the threshold of the tail, where the tail counts."""

from __future__ import annotations

import pyomo.environ as pyo


def add_tail_costs_counted(program: pyo.ConcreteModel) -> None:
    """Count what a scenario costs beyond the threshold (all must be below it, where only the dearest one counts)."""

    def rule(program: pyo.ConcreteModel, scenario: str) -> object:
        below = program.Threshold[None]
        if program.table.risk.alpha < 1:
            below += program.BeyondThreshold[scenario]
        return program.cost_of_scenario[scenario] - below <= 0

    program.tail_costs_counted = pyo.Constraint(
        program.TAIL_SCENARIOS, rule=rule, doc="dollars per hour of a scenario are at most the threshold and the excess"
    )
