"""A pool with one line has one size."""

from __future__ import annotations

import pyomo.environ as pyo


def add_one_size_of_a_pool(program: pyo.ConcreteModel) -> None:
    """Let each pool count on at most one of the sizes in its table."""

    def rule(program: pyo.ConcreteModel, lane: str, slot: str) -> object:
        sizes = range(1, program.largest_size[lane, slot] + 1)
        return sum(program.Sized[lane, n, slot] for n in sizes) <= 1 if sizes else pyo.Constraint.Skip

    program.one_size_of_a_pool = pyo.Constraint(
        program.POOLED_LANES, rule=rule, doc="a pool counts on at most one number of instances"
    )
