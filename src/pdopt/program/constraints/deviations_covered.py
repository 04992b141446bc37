"""What a workload may bring beyond what is stated is kept free for it."""

from __future__ import annotations

import pyomo.environ as pyo

from pdopt.program.work import deviation


def add_deviations_covered(program: pyo.ConcreteModel) -> None:
    """Cover the deviation of each workload by what is kept for any of them and what it takes beyond that.

    By linear programming duality the least that such numbers add up to is the sum of the largest deviations.
    """

    def rule(program: pyo.ConcreteModel, lane: str, limit: int, workload: str, slot: str) -> object:
        kept = program.DeviationOfEach[lane, limit, slot] + program.DeviationBeyond[lane, limit, workload, slot]
        return deviation(program, lane, limit, workload, slot) - kept <= 0

    program.deviations_covered = pyo.Constraint(
        program.DEVIATIONS,
        program.SLOTS,
        rule=rule,
        doc="the deviation of a workload is at most what is kept for each and its own part beyond that",
    )
