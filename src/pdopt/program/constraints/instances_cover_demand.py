"""Whole instances are enough for the required rates: implied by the others, but it sharpens the bound."""

from __future__ import annotations

import pyomo.environ as pyo

from pdopt.capacity.covering import covers


def add_instances_cover_demand(program: pyo.ConcreteModel) -> None:
    """Ask for enough instances per LLM, side and group of workloads, whatever the routes."""
    found = list(covers(program.table))

    def rule(program: pyo.ConcreteModel, number: int, slot: str) -> object:
        needed = found[number].needed(program.slot_of[slot])
        if needed == 0:
            return pyo.Constraint.Skip
        return sum(most / needed * program.Instances[lane, slot] for lane, most in found[number].carried.items()) >= 1

    program.COVERS = pyo.Set(
        initialize=range(len(found)), doc="groups of an LLM's workloads, per stage (encode, prefill, decode)"
    )
    program.instances_cover_demand = pyo.Constraint(
        program.COVERS,
        program.SLOTS,
        rule=rule,
        doc="the parts of the required rates that instances can carry add up to the whole",
    )
