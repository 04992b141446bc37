"""Beyond its table, a pool with one line grows evenly: but only there."""

from __future__ import annotations

import pyomo.environ as pyo


def add_beyond_largest_size_only(program: pyo.ConcreteModel) -> None:
    """Count instances beyond the largest size in the table only where the pool has that size."""

    def rule(program: pyo.ConcreteModel, lane: str, slot: str) -> object:
        beyond, last = program.SizedBeyond[lane, slot], program.largest_size[lane, slot]
        most = program.Instances[lane, slot].ub - last
        return beyond - most * program.Sized[lane, last, slot] <= 0 if last else beyond <= 0

    program.beyond_largest_size_only = pyo.Constraint(
        program.POOLED_LANES, rule=rule, doc="a pool counts on more than the largest size only where it has that size"
    )
