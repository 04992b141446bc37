"""Whole instances are enough for the required rates: implied by the others, but it sharpens the bound."""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from pdopt.capacity.covering import covers


def add_instances_cover_demand(program: pyo.ConcreteModel) -> None:
    """Ask for enough instances per LLM, side and group of workloads, whatever the routes; spares do not count."""
    found = program.cover_of = list(covers(program.table))

    def counted(lane: str, slot: str) -> Any:
        # where a part of the load may be lost, spares carry some of it
        spares = program.lane_of[lane].spares if program.table.serve == 1 else 0
        return program.Instances[lane, slot] - (spares * program.Used[lane, slot] if spares else 0)

    def rule(program: pyo.ConcreteModel, number: int, slot: str) -> object:
        needed = found[number].needed(program.slot_of[slot])
        if needed == 0:
            return pyo.Constraint.Skip
        return sum(most / needed * counted(lane, slot) for lane, most in found[number].carried.items()) >= 1

    program.COVERS = pyo.Set(
        initialize=range(len(found)), doc="groups of an LLM's workloads, per stage (encode, prefill, decode)"
    )
    program.instances_cover_demand = pyo.Constraint(
        program.COVERS,
        program.SLOTS,
        rule=rule,
        doc="the parts of the required rates that instances can carry add up to the whole",
    )
