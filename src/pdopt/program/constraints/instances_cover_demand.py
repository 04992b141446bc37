"""Whole instances are enough for the required rates: implied by the others, but it sharpens the bound."""

from __future__ import annotations

import pyomo.environ as pyo

from pdopt.capacity.covering import covers


def add_instances_cover_demand(program: pyo.ConcreteModel) -> None:
    """Ask for enough instances per LLM, side and group of workloads, whatever the routes."""
    found = list(covers(program.table))

    def rule(program: pyo.ConcreteModel, number: int) -> object:
        return sum(share * program.Instances[lane] for lane, share in found[number].shares.items()) >= 1

    program.COVERS = pyo.Set(
        initialize=range(len(found)), doc="groups of an LLM's workloads, per side (prefill, decode) that serves them"
    )
    program.instances_cover_demand = pyo.Constraint(
        program.COVERS, rule=rule, doc="the parts of the required rates that instances can carry add up to the whole"
    )
