"""Whole instances elsewhere are enough when sites are gone: implied by the others, but it sharpens the bound."""

from __future__ import annotations

from dataclasses import replace

import pyomo.environ as pyo

from pdopt.capacity.covering import Cover, covers
from pdopt.fleet.fleet import Uncertainty


def add_remaining_cover_demand(program: pyo.ConcreteModel) -> None:
    """Ask for enough instances elsewhere per LLM, side and group of workloads, whatever the routes."""
    table = replace(program.table, uncertainty=Uncertainty())
    found: list[tuple[str, Cover]] = [
        (gone, cover) for gone, lanes in table.remaining.items() for cover in covers(replace(table, lanes=lanes))
    ]

    def rule(program: pyo.ConcreteModel, number: int, slot: str) -> object:
        _, cover = found[number]
        needed = table.serve * cover.needed(program.slot_of[slot])
        if needed == 0:
            return pyo.Constraint.Skip
        return sum(most / needed * program.Instances[lane, slot] for lane, most in cover.carried.items()) >= 1

    program.REMAINING_COVERS = pyo.Set(
        initialize=range(len(found)), doc="groups of an LLM's workloads, per side and sites that may be gone"
    )
    program.remaining_cover_demand = pyo.Constraint(
        program.REMAINING_COVERS,
        program.SLOTS,
        rule=rule,
        doc="the parts of what must survive that instances elsewhere can carry add up to the whole",
    )
