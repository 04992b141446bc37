"""Only a part of each pool runs on spot nodes."""

from __future__ import annotations

import pyomo.environ as pyo


def add_spot_within_share(program: pyo.ConcreteModel) -> None:
    """Bound the instances of a lane that run on spot nodes of a term by their largest share of the lane."""

    def rule(program: pyo.ConcreteModel, lane: str, term: str, slot: str) -> object:
        most = program.term_of[program.lane_of[lane].sku, term].max_share
        return program.OnSpot[lane, term, slot] - most * program.Instances[lane, slot] <= 0

    program.spot_within_share = pyo.Constraint(
        program.SPOT, rule=rule, doc="instances on spot are at most max_share of the lane's instances"
    )
