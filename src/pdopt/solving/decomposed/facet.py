"""Where values of the shared columns are too small for any mix of plans: the prices that say so most sharply."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy.sparse import bmat, csc_array

from pdopt.program.matrix import Floats, Matrix
from pdopt.solving.decomposed.master import Column, Master
from pdopt.solving.decomposed.pricing import Asked, of_group
from pdopt.solving.highs import solve_relaxed

INSIDE = 1e-7  # part of the way that a solver's tolerances may leave
DEAR = 1e3  # what a row exceeded by one costs, in ways to go


class Point(NamedTuple):
    """Values of the shared columns, and what the blocks of a group cost there."""

    shared: Floats
    own: float


def outward(master: Master, group: int, at: Point, towards: Point) -> Asked | None:
    """Give the prices of a cut between a point and what mixes of the known plans allow; None if the point is allowed.

    The point is moved towards one that is allowed, as little as is enough; the duals of that program are the cut that
    the way crosses last, a facet in general (Conforti & Wolsey 2019).
    """
    program = _way(master, group, at, towards)
    found = solve_relaxed(program)
    if found is None or found[0][0] <= INSIDE:
        return None
    rows = master.split.groups[group].rows
    prices = np.zeros(len(master.split.linking))
    prices[rows] = found[1][: len(rows)]
    return Asked(of_group(master.split, group, prices), max(-float(found[1][len(rows)]), 0.0))


def _way(master: Master, group: int, at: Point, towards: Point) -> Matrix:
    split, full = master.split, master.split.whole
    rows, blocks = split.groups[group].rows, split.groups[group].blocks
    columns: list[Column] = [column for block in blocks for column in master.of_block(block)]
    place = {int(block): number for number, block in enumerate(blocks)}
    links = split.shared_links[rows]
    taken = csc_array(np.column_stack([column.links[rows] for column in columns]))
    once = csc_array(
        (np.ones(len(columns)), ([place[column.block] for column in columns], np.arange(len(columns)))),
        shape=(len(blocks), len(columns)),
    )
    here, step = links @ at.shared, csc_array((links @ (towards.shared - at.shared)).reshape(-1, 1))
    costs = csc_array(np.array([[column.cost for column in columns]]))
    lower, upper = full.row_lower[split.linking[rows]] - here, full.row_upper[split.linking[rows]] - here
    mend = csc_array(np.diag(np.where(np.isfinite(upper), -1.0, 1.0)))  # an equality is only mended downwards
    count = len(rows)
    a = csc_array(
        bmat(
            [
                [step, mend, taken],
                [csc_array([[at.own - towards.own]]), None, costs],
                [None, None, once],
            ]
        )
    )
    return replace(
        full,
        a=a,
        cost=np.concatenate([[1.0], np.full(count, DEAR), np.zeros(len(columns))]),
        lower=np.zeros(a.shape[1]),
        upper=np.full(a.shape[1], np.inf),
        whole=np.zeros(a.shape[1], dtype=bool),
        unit=np.ones(a.shape[1]),
        row_lower=np.concatenate([lower, [-np.inf], np.ones(len(blocks))]),
        row_upper=np.concatenate([upper, [at.own], np.ones(len(blocks))]),
        column_of={},
        row_of={},
        values=(),
    )
