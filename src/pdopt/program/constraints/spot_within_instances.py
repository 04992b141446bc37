"""No instance runs on spot nodes of two terms at once."""

from __future__ import annotations

import pyomo.environ as pyo


def add_spot_within_instances(program: pyo.ConcreteModel) -> None:
    """Bound the instances of a lane on spot nodes by all that it has, where the shares of the terms allow more."""
    terms_of: dict[tuple[str, str], list[str]] = {}
    for lane, term, slot in program.SPOT:
        terms_of.setdefault((lane, slot), []).append(term)

    def share(lane: str, slot: str) -> float:
        sku = program.lane_of[lane].sku
        return float(sum(program.term_of[sku, term].max_share for term in terms_of[lane, slot]))

    program.SPOT_LANES = pyo.Set(
        dimen=2,
        initialize=[key for key in terms_of if share(*key) > 1],
        doc="(lane, slot): where spot terms together may take more than a whole lane",
    )

    def rule(program: pyo.ConcreteModel, lane: str, slot: str) -> object:
        on_spot = sum(program.OnSpot[lane, term, slot] for term in terms_of[lane, slot])
        return on_spot - program.Instances[lane, slot] <= 0

    program.spot_within_instances = pyo.Constraint(
        program.SPOT_LANES, rule=rule, doc="instances on spot nodes of all terms are at most the lane's instances"
    )
