"""Whether blocks have plans at values of the shared columns, by writing out what each of them may take there.

At such values, every cut leaves the blocks a little more than their least costs at its prices add up to. What one of
them takes can therefore be no more than its own least and all of that: where cuts leave little, few plans are left,
and which of them go together is a small program.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from sys import maxsize
from time import perf_counter
from typing import NamedTuple

import numpy as np
from scipy.sparse import block_diag, csc_array, csr_array, eye_array, hstack, vstack

from pdopt.program.matrix import Floats, Matrix
from pdopt.solving.decomposed.apart import Workers
from pdopt.solving.decomposed.blocks import Block, Split
from pdopt.solving.decomposed.decide import SAFE, Limit
from pdopt.solving.decomposed.outer import Cut
from pdopt.solving.decomposed.owners import Whole
from pdopt.solving.decomposed.tree import bounded
from pdopt.solving.highs import TOLERANCE, Outcome, Relaxation, run

SHARPEST = 40  # cuts that are looked at: those that leave least
RELAXATIONS = 10  # of a block, for each node that a search may take


class Choices(NamedTuple):
    """Plans of one block, and whether every other takes as much of everything as one of them."""

    plans: list[Floats]
    complete: bool


class Room(NamedTuple):
    """What the rows of a group leave to its blocks, every row turned so that it says at most."""

    rows: Whole
    sign: Floats
    most: Floats


def countable(split: Split, group: int) -> bool:
    """Whether all that the blocks of a group cost is what they take of rows: whole numbers, bounded on one side."""
    rows = split.groups[group].rows
    lower, upper = split.whole.row_lower[split.linking[rows]], split.whole.row_upper[split.linking[rows]]
    if not (np.isfinite(lower) ^ np.isfinite(upper)).all():
        return False
    for number in split.groups[group].blocks:
        block = split.blocks[number]
        terms = csc_array(block.links)
        things = block.matrix.whole[np.diff(terms.indptr) > 0].all() and (terms.data == np.round(terms.data)).all()
        if block.matrix.cost.any() or not things:
            return False
    return True


def choose(
    split: Split, group: int, shared: Floats, cuts: Sequence[Cut], limit: Limit, workers: Workers
) -> tuple[Outcome, Whole, dict[int, list[Floats]]]:
    """Find plans of a countable group's blocks at values of the shared columns.

    Gives the outcome, the columns that its values are of, and plans of each block that were come upon.
    """
    blocks = split.groups[group].blocks
    columns = np.concatenate([split.blocks[block].columns for block in blocks])
    room = _room(split, group, shared)
    sharpest = sorted(
        (cut for cut in cuts if cut.group == group), key=lambda cut: (cut.terms @ shared - cut.at_least) / cut.size
    )[:SHARPEST]

    most = maxsize if limit.nodes is None else RELAXATIONS * limit.nodes
    ends = perf_counter() + limit.seconds

    def over() -> bool:
        return perf_counter() > ends or workers.watch.stopped

    def alone(number: int) -> Choices:
        takes = _taking(split.blocks[number], number, room, sharpest, shared)
        return _choices(split.blocks[number], takes, most, over)

    found = dict(zip((int(block) for block in blocks), workers.threads.map(alone, blocks), strict=True))
    plans = {block: choices.plans for block, choices in found.items()}
    if any(choices.complete and not choices.plans for choices in found.values()):
        return Outcome("infeasible", None, None, np.inf), columns, plans
    program = _together(split, room, found)
    outcome = run(program, limit.seconds, options=limit.options, watch=workers.watch.unheard)
    if outcome.values is None:
        return outcome, columns, plans
    return Outcome("optimal", _unfolded(split, found, outcome.values), 0.0, 0.0), columns, plans


def _room(split: Split, group: int, shared: Floats) -> Room:
    rows = split.groups[group].rows
    lower, upper = split.whole.row_lower[split.linking[rows]], split.whole.row_upper[split.linking[rows]]
    sign = np.where(np.isfinite(upper), 1.0, -1.0)
    most = sign * (np.where(np.isfinite(upper), upper, lower) - split.shared_links[rows] @ shared)
    return Room(rows, sign, most)


def _choices(block: Block, takes: Matrix, relaxations: int, over: Callable[[], bool]) -> Choices:
    """Search a block's plans depth first, what it takes of each row before the plan, and leave out what takes more."""
    relaxation, plans = Relaxation(takes), list[Floats]()
    taken = np.arange(len(block.columns), len(takes.cost))
    first, then = taken, np.flatnonzero(block.matrix.whole)
    open_ = [(takes.lower, takes.upper)]
    for _ in range(relaxations):
        if not open_ or over():
            break
        lower, upper = open_.pop()
        values, cost = relaxation.solve(lower, upper)
        if cost == -np.inf:  # the solver failed
            return Choices(plans, complete=False)
        if values is None:
            continue
        off = abs(values - np.round(values))
        broken = next((some for some in (first, then) if off[some].max(initial=0.0) > TOLERANCE), None)
        if broken is not None:
            column = int(broken[np.argmax(off[broken])])
            open_.append((lower, bounded(upper, column, np.floor(values[column]))))
            open_.append((bounded(lower, column, np.ceil(values[column])), upper))
            continue
        plans.append(values[: len(block.columns)])
        for column in map(int, taken):
            least = np.round(values[column])
            if least > lower[column]:
                open_.append((lower, bounded(upper, column, least - 1)))
                lower = bounded(lower, column, least)
    return Choices(plans, complete=not open_)


def _taking(block: Block, number: int, room: Room, cuts: Sequence[Cut], shared: Floats) -> Matrix:
    """Give a block with a column for what it takes of each row it touches, within what cuts leave."""
    links = csr_array(csr_array(block.links)[room.rows] * room.sign.reshape(-1, 1))
    touched = np.flatnonzero(np.diff(links.indptr))
    links, count, own = links[touched], len(touched), block.matrix
    asked, least, most = [], [], []
    for cut in cuts:
        cost = -(block.links.T @ cut.prices)
        size = float(abs(cost).max(initial=0.0))
        if size == 0 or number not in cut.least:
            continue
        bound, left = cut.least[number] / size, float(cut.terms @ shared - cut.at_least) / size
        slack = SAFE * max(1.0, abs(bound), abs(cut.at_least) / size)
        asked.append(cost / size)
        least.append(bound - slack)
        most.append(bound + left + slack)
    limits = csr_array(np.array(asked).reshape(len(asked), len(own.cost)))
    none = csr_array((own.a.shape[0] + len(asked), count))
    return Matrix(
        cost=np.concatenate([np.zeros(len(own.cost)), np.ones(count)]),
        lower=np.concatenate([own.lower, links.minimum(0.0) @ own.upper]),
        upper=np.concatenate([own.upper, np.minimum(room.most[touched] + TOLERANCE, links.maximum(0.0) @ own.upper)]),
        whole=np.concatenate([own.whole, np.ones(count, dtype=bool)]),
        unit=np.concatenate([own.unit, np.ones(count)]),
        row_lower=np.concatenate([own.row_lower, least, np.zeros(count)]),
        row_upper=np.concatenate([own.row_upper, most, np.zeros(count)]),
        a=csc_array(vstack([hstack([vstack([own.a, limits]), none]), hstack([links, -eye_array(count)])])),
        column_of={},
        row_of={},
    )


def _together(split: Split, room: Room, found: dict[int, Choices]) -> Matrix:
    """Give one of its plans to each block that has all of them written out; the others stay as they are."""
    takes, own, parts = [], [], []
    for number, choices in found.items():
        block = split.blocks[number]
        links = csr_array(block.links)[room.rows]
        if choices.complete:
            one = np.ones(len(choices.plans))
            takes.append(csc_array(np.column_stack([links @ plan for plan in choices.plans])))
            own.append(csc_array(one.reshape(1, -1)))
            parts.append((0 * one, one, one > 0, one, np.ones(1), np.ones(1)))
        else:
            matrix = block.matrix
            takes.append(csc_array(links))
            own.append(csc_array(matrix.a))
            parts.append((matrix.lower, matrix.upper, matrix.whole, matrix.unit, matrix.row_lower, matrix.row_upper))
    lower, upper, whole, unit, row_lower, row_upper = (np.concatenate(some) for some in zip(*parts, strict=True))
    return Matrix(
        cost=np.zeros(len(lower)),
        lower=lower,
        upper=upper,
        whole=whole,
        unit=unit,
        row_lower=np.concatenate([np.where(room.sign > 0, -np.inf, -room.most), row_lower]),
        row_upper=np.concatenate([np.where(room.sign > 0, room.most, np.inf), row_upper]),
        a=csc_array(vstack([hstack(takes), block_diag(own)])),
        column_of={},
        row_of={},
    )


def _unfolded(split: Split, found: dict[int, Choices], values: Floats) -> Floats:
    result, at = [], 0
    for number, choices in found.items():
        count = len(choices.plans) if choices.complete else len(split.blocks[number].columns)
        mine, at = values[at : at + count], at + count
        result.append(choices.plans[int(np.argmax(mine))] if choices.complete else mine)
    return np.concatenate(result)
