"""The plan costs no more than there is money."""

from __future__ import annotations

import pyomo.environ as pyo


def add_cost_within_budget(program: pyo.ConcreteModel) -> None:
    """Bound the dollars per hour of the plan by the budget."""

    def rule(program: pyo.ConcreteModel, budget: str) -> object:
        return program.cost.expr <= program.table.budget_usd_per_h

    program.cost_within_budget = pyo.Constraint(
        program.BUDGETS, rule=rule, doc="dollars per hour of everything in the objective are at most the budget"
    )
