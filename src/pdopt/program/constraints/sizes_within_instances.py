"""A pool with one line has the instances that it counts on."""

from __future__ import annotations

import pyomo.environ as pyo

from pdopt.program.work import carrying


def add_sizes_within_instances(program: pyo.ConcreteModel) -> None:
    """Bound the size that a pool counts on by its instances (those on spot less the time they are away, whole ones)."""

    def rule(program: pyo.ConcreteModel, lane: str, slot: str) -> object:
        sizes = range(1, program.largest_size[lane, slot] + 1)
        sized = sum(n * program.Sized[lane, n, slot] for n in sizes) + program.SizedBeyond[lane, slot]
        return sized - carrying(program, lane, slot) <= 0

    program.sizes_within_instances = pyo.Constraint(
        program.POOLED_LANES, rule=rule, doc="the instances that a pool counts on are at most its instances"
    )
