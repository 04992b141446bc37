"""Whether the blocks of a group have whole plans at given values of the shared columns, exactly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from time import perf_counter
from typing import NamedTuple

import numpy as np
from scipy.sparse import csc_array, csr_array, vstack

from pdopt.program.matrix import Floats, Matrix
from pdopt.solving.decomposed.apart import Workers
from pdopt.solving.decomposed.blocks import Split
from pdopt.solving.decomposed.owners import Whole
from pdopt.solving.highs import QUICK, Option, Outcome, run, solve_relaxed

SAFE = 1e-6  # of a block's least cost that the solver's tolerances may be off; a plan must never be denied for it


BINDING = 1e-6  # that a row of what no plan is below may be above that where the relaxation rests on it


class Least(NamedTuple):
    """What no plan of a block is below: ``terms · columns >= at_least``, its largest term being one."""

    block: int
    terms: Floats
    at_least: float


def least_of(block: int, cost: Floats, bound: float) -> Least | None:
    """Give what solving a block at some cost says of all of its plans; None where that is nothing."""
    size = float(abs(cost).max(initial=0.0))
    if size == 0 or not np.isfinite(bound):
        return None
    return Least(block, cost / size, bound / size - SAFE * max(1.0, abs(bound / size)))


class At(NamedTuple):
    """Values of the shared columns, and prices of the linking rows as a sense of direction."""

    shared: Floats
    prices: Floats


class Limit(NamedTuple):
    """How long it may take to tell: seconds, and nodes of the solver's search (None: any number)."""

    seconds: float
    nodes: int | None

    @property
    def options(self) -> dict[str, Option]:
        """What HiGHS is told."""
        return QUICK if self.nodes is None else QUICK | {"mip_max_nodes": self.nodes}


def decide(
    split: Split, group: int, at: At, known: Iterable[Least], limit: Limit, workers: Workers
) -> tuple[Outcome, Whole]:
    """Find the cheapest plans of a group's blocks at values of the shared columns; give these and their columns.

    What is known of single blocks makes the relaxation as close as mixes of plans are, which the rows alone do not.
    Only what the relaxation rests on is kept of it: all of it would make the search twice as long.
    """
    blocks = split.groups[group].blocks
    columns = np.concatenate([split.blocks[block].columns for block in blocks])
    program = _at(split, columns, at.shared)
    place = np.full(len(split.whole.cost), -1)
    place[columns] = np.arange(len(columns))
    wanted = set(blocks)
    mine = [least for least in known if least.block in wanted]
    lengths = [len(least.terms) for least in mine]
    where = np.concatenate([place[split.blocks[least.block].columns] for least in mine] or [np.zeros(0, dtype=int)])
    terms = np.concatenate([least.terms for least in mine] or [np.zeros(0)])
    cuts = csr_array((terms, (np.repeat(np.arange(len(mine)), lengths), where)), shape=(len(mine), len(columns)))
    at_least = np.array([least.at_least for least in mine])
    cost = np.zeros(len(split.whole.cost))
    for block in blocks:
        cost[split.blocks[block].columns] = abs(split.blocks[block].links.T @ at.prices)
    priced = cost[columns]
    relaxed = solve_relaxed(replace(_with(program, cuts, at_least), cost=priced))
    reached = at_least if relaxed is None else cuts @ relaxed[0]  # None may be a failure, which denies nothing
    binding = np.flatnonzero(reached - at_least < BINDING)
    program = _with(program, cuts[binding], at_least[binding])
    return _raced(program, _without_flows(replace(program, cost=priced)), limit, workers), columns


def _with(program: Matrix, cuts: csr_array, at_least: Floats) -> Matrix:
    return replace(
        program,
        a=csc_array(vstack([program.a, cuts])),
        row_lower=np.append(program.row_lower, at_least),
        row_upper=np.append(program.row_upper, np.full(len(at_least), np.inf)),
    )


def _raced(program: Matrix, relaxed: Matrix, limit: Limit, workers: Workers) -> Outcome:
    """Solve a program; where it is impossible, a relaxation of it at other costs mostly tells so sooner.

    Only that is heard of it, so that the plan does not depend on who comes first. With one thread it goes first, for
    half of the time at most.
    """
    seconds, options = limit.seconds, limit.options
    if workers.count < 2:
        began, watch = perf_counter(), workers.watch.unheard
        found = run(relaxed, seconds / 2, options=options, watch=watch)
        left = seconds - (perf_counter() - began)
        return found if found.status == "infeasible" else run(program, left, options=options, watch=watch)
    here, there = workers.watch.below, workers.watch.below

    def beside() -> Outcome:
        found = run(relaxed, seconds, options=options, watch=there)
        if found.status == "infeasible":
            here.stop()
        return found

    other = workers.threads.submit(beside)
    outcome = run(program, seconds, options=options, watch=here)
    if outcome.status != "unknown":
        there.stop()
    also = other.result()
    return also if outcome.values is None and also.status == "infeasible" else outcome


def _without_flows(program: Matrix) -> Matrix:
    """Give the whole columns and the rows of these alone: where that is impossible, so is the program."""
    whole, rows = np.flatnonzero(program.whole), csr_array(program.a)
    alone = np.flatnonzero(np.asarray(abs(rows) @ np.where(program.whole, 0.0, 1.0)) == 0)
    return program.part(whole, alone, rows[alone][:, whole])


def _at(split: Split, columns: Whole, shared: Floats) -> Matrix:
    full = split.whole
    rows = np.unique(full.a[:, columns].tocsc().indices)
    values = np.zeros(len(full.cost))
    values[split.shared] = shared
    taken = np.asarray(split.rows[rows] @ values)
    return full.part(columns, rows, split.rows[rows][:, columns], taken)
