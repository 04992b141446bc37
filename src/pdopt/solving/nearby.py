"""Fleets that differ in a number, solved one after the other: what is known of one helps with the next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, csr_array, hstack, vstack

from pdopt.capacity.lanes import lane_table
from pdopt.capacity.table import LaneTable
from pdopt.fleet.fleet import Fleet
from pdopt.plan.assemble import assemble
from pdopt.plan.audit import BrokenPromiseError, audit
from pdopt.plan.plan import Plan
from pdopt.program.build import build
from pdopt.program.matrix import Floats, Matrix, compile_matrix
from pdopt.solving.goals import minimise
from pdopt.solving.highs import Outcome, run
from pdopt.solving.tidy import tidy

Columns = dict[tuple[str, Any], float]  # (variable, index) → value: a solution, whatever program it is read into
LARGE = 3000  # whole columns beyond which a program is only solved by its blocks
EXACT = 1e-7  # part of a cost that solvers' tolerances need


@dataclass(frozen=True)
class Program:
    """A fleet with its table of numbers and the arrays made of them."""

    fleet: Fleet
    table: LaneTable
    matrix: Matrix

    def columns(self, values: Floats) -> Columns:
        """Give a solution by name."""
        return {name: float(values[column]) for name, column in self.matrix.column_of.items()}

    def cost(self, columns: Columns) -> float:
        """Give what is minimised, of a solution by name."""
        return float(self.matrix.cost @ _values(self.matrix, columns))


def program_of(fleet: Fleet) -> Program | None:
    """Give the program of a fleet; None where nothing can serve some of its demand."""
    table = lane_table(fleet)
    if table.unserved() or table.stranded():
        return None
    return Program(fleet, table, compile_matrix(build(table)))


def cheapest(
    program: Program,
    time_limit_s: float | None,
    gap: float,
    between: tuple[float, float] = (-np.inf, np.inf),
    start: Columns | None = None,
) -> Outcome:
    """Minimise the cost between two numbers: known to be no less than the first, asked to be no more than the second.

    "infeasible" says that no plan is as cheap as that.
    """
    matrix, (least, most) = program.matrix, between
    if int(matrix.whole.sum()) < LARGE and np.isfinite(between).any():  # a row of all costs would join all blocks
        matrix = _with_row(matrix, matrix.cost, (least - EXACT * abs(least), most + EXACT * abs(most)))
    values = None if start is None else _values(program.matrix, start)
    outcome = minimise(program.table, matrix, time_limit_s, gap, values)
    if outcome.objective is not None and outcome.objective > most + EXACT * abs(most):
        return Outcome("infeasible" if outcome.bound > most else "unknown", None, None, outcome.bound)
    return outcome


def routed(program: Program, counts: Columns) -> Columns | None:
    """Give a solution with the whole numbers of another one; None where there is none."""
    matrix, values = program.matrix, _counts(program.matrix, counts)
    if values is None:
        return None
    lower, upper = np.where(matrix.whole, values, matrix.lower), np.where(matrix.whole, values, matrix.upper)
    found = run(replace(matrix, lower=lower, upper=upper, whole=np.zeros(len(values), dtype=bool)))
    return None if found.values is None else program.columns(found.values)


def strain(program: Program, counts: Columns, like: Program) -> float | None:
    """Give how many times its whole numbers a solution would have to have, at least, to be enough; None: not known.

    Only in rows that differ from those of a program in which it is enough, and in which something that need not be
    whole is weighed against whole numbers; in all others the numbers are what they are.
    """
    matrix, values = program.matrix, _counts(program.matrix, counts)
    if values is None:
        return None
    free = np.flatnonzero(~matrix.whole)
    rows = np.flatnonzero(np.diff(csr_array(matrix.a[:, free]).indptr))
    moving = np.isin(rows, _differing(matrix, like.matrix))
    counted = (matrix.a @ np.where(matrix.whole, values, 0.0))[rows]
    fixed = np.where(moving, 0.0, counted)
    scaled = replace(
        matrix,
        a=csc_array(hstack([matrix.a[rows][:, free], np.where(moving, counted, 0.0).reshape(-1, 1)])),
        cost=np.append(np.zeros(len(free)), 1.0),
        lower=np.append(matrix.lower[free], 0.0),
        upper=np.append(matrix.upper[free], np.inf),
        whole=np.zeros(len(free) + 1, dtype=bool),
        unit=np.append(matrix.unit[free], 1.0),
        row_lower=matrix.row_lower[rows] - fixed,
        row_upper=matrix.row_upper[rows] - fixed,
    )
    return run(scaled).objective


def _differing(matrix: Matrix, other: Matrix) -> npt.NDArray[np.int64]:
    """Give the rows of a matrix that another one does not have just so; all where their columns or rows differ."""
    if matrix.row_of != other.row_of or matrix.column_of != other.column_of:
        return np.arange(matrix.a.shape[0])
    return np.unique((matrix.a - other.a).tocoo().coords[0])


def _counts(matrix: Matrix, counts: Columns) -> Floats | None:
    """Read the whole numbers of a solution of another program; None where this one has no place for them."""
    whole = {name for (name, _), column in matrix.column_of.items() if matrix.whole[column]}
    if any(value and name[0] in whole for name, value in counts.items() if name not in matrix.column_of):
        return None
    values = np.where(matrix.whole, _values(matrix, counts).round(), 0.0)
    outside = matrix.whole & ((values < matrix.lower) | (values > matrix.upper))
    return None if outside.any() else values


def least_power(program: Program, cost: float, time_limit_s: float | None, start: Columns | None) -> Outcome:
    """Minimise the kilowatts that are drawn when most are, at a cost that is not to be exceeded.

    The program needs the rows of a limit on power, which a column for the kilowatts takes the place of.
    """
    matrix = program.matrix
    if np.isfinite(cost):
        matrix = _with_row(matrix, matrix.cost, (-np.inf, cost + EXACT * abs(cost)))
    rows, row_upper = _power_rows(matrix), matrix.row_upper.copy()
    limit_kw = float(matrix.row_upper[rows].max())
    drawn = np.zeros((matrix.a.shape[0], 1))
    drawn[rows], row_upper[rows] = -1.0, 0.0
    wide = replace(
        matrix,
        a=csc_array(hstack([matrix.a, drawn])),
        cost=np.append(np.zeros(len(matrix.cost)), 1.0),
        lower=np.append(matrix.lower, 0.0),
        upper=np.append(matrix.upper, limit_kw),
        whole=np.append(matrix.whole, False),
        unit=np.append(matrix.unit, 1.0),
        row_upper=row_upper,
    )
    values = None if start is None else np.append(_values(program.matrix, start), limit_kw)
    outcome = run(wide, time_limit_s, start=values)
    return outcome if outcome.values is None else replace(outcome, values=outcome.values[:-1])


def power_kw(program: Program, columns: Columns) -> float:
    """Give the kilowatts that all nodes held draw at full load, when most are held."""
    return max(sum(_drawn_kw(program, columns, slot.name)) for slot in program.table.slots)


def _drawn_kw(program: Program, columns: Columns, slot: str) -> Iterator[float]:
    for node in program.table.nodes:
        for term in node.ways_to_pay:
            if term.offered_in(slot):
                committed, used = ("Committed", (node.sku, term.name)), ("Nodes", (node.sku, term.name, slot))
                yield (node.power_kw or 0.0) * round(columns.get(committed if term.committed else used, 0.0))


def _power_rows(matrix: Matrix) -> list[int]:
    return [row for (name, _), row in matrix.row_of.items() if name == "power_within_limit"]


def plan_of(program: Program, columns: Columns, bound: float, time_limit_s: float | None) -> Plan:
    """Give the plan of a solution, audited, with what no plan is cheaper than.

    Raises
    ------
    BrokenPromiseError
        The audit found that the plan does not keep what it says: a fault of pdopt.
    """
    values = _values(program.matrix, columns)
    cost = float(program.matrix.cost @ values)
    status = "optimal" if cost - bound <= EXACT * abs(cost) else "feasible"
    decision = tidy(program.table, program.matrix, Outcome(status, values, cost, min(bound, cost)), time_limit_s)
    plan = assemble(program.fleet, program.table, decision)
    broken = audit(program.fleet, plan)
    if broken:
        raise BrokenPromiseError("\n".join(broken))
    return plan


def price_step(matrix: Matrix) -> float | None:
    """Give the dollars that all costs are multiples of, where that is the cheapest node (as with a single SKU)."""
    priced = matrix.cost != 0
    least = float(abs(matrix.cost[priced]).min(initial=np.inf))
    if not priced.any() or not matrix.whole[priced].all():
        return None
    times = matrix.cost[priced] / least
    return least if (abs(times - times.round()) <= EXACT * abs(times)).all() else None


def _values(matrix: Matrix, columns: Columns) -> Floats:
    values = np.zeros(len(matrix.cost))
    for name, column in matrix.column_of.items():
        values[column] = columns.get(name, 0.0)
    return values


def _with_row(matrix: Matrix, terms: Floats, between: tuple[float, float]) -> Matrix:
    return replace(
        matrix,
        a=csc_array(vstack([matrix.a, terms.reshape(1, -1)])),
        row_lower=np.append(matrix.row_lower, between[0]),
        row_upper=np.append(matrix.row_upper, between[1]),
    )
