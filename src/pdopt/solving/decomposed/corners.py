"""Improve a plan one LLM and slot at a time: all else stays, nodes of the slot are counted anew."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from pdopt.program.matrix import Floats
from pdopt.solving.decomposed.blocks import Split
from pdopt.solving.decomposed.elastic import SLACK, elastic, excess, whole
from pdopt.solving.decomposed.owners import Whole
from pdopt.solving.decomposed.pricing import Effort
from pdopt.solving.highs import run


@dataclass(frozen=True)
class Corner:
    """A block and the shared columns of its slot: what is solved again, and the rows that it touches."""

    columns: Whole
    rows: Whole
    a: Any


def corners(split: Split) -> list[list[Corner]]:
    """Give the corners of each slot, one per block; those of different slots have no column in common."""
    rows = csr_array(split.whole.a)
    slot_of, found = split.owners.slot, dict[int, list[Corner]]()
    for block in split.blocks:
        slot = int(slot_of[block.columns[0]])
        columns = np.concatenate([block.columns, split.shared[slot_of[split.shared] == slot]])
        touched = np.unique(split.whole.a[:, columns].tocsc().indices)
        found.setdefault(slot, []).append(Corner(columns, touched, rows[touched][:, columns].tocsc()))
    return list(found.values())


def exceeding(split: Split, slots: list[list[Corner]], values: Floats) -> list[list[Corner]]:
    """Give the slots in which values exceed a row, or are not whole."""
    exceeded = excess(split.whole, values) > 0
    broken = split.whole.whole & (abs(values - np.round(values)) > SLACK)
    return [of for of in slots if any(exceeded[one.rows].any() or broken[one.columns].any() for one in of)]


def settle(split: Split, corner: Corner, values: Floats, fines: Floats, effort: Effort) -> Floats:
    """Give the cheapest values found of a corner's columns, all others as they are; linking rows may be exceeded.

    Parameters
    ----------
    values : array, of all columns of the program
    fines : array, dollars per hour of exceeding each row of the program by one (0: not allowed)
    effort : Effort
    """
    full, mine = split.whole, values[corner.columns]
    others = np.asarray(split.rows[corner.rows] @ values) - corner.a @ mine
    part = replace(
        full,
        cost=full.cost[corner.columns],
        lower=full.lower[corner.columns],
        upper=full.upper[corner.columns],
        whole=full.whole[corner.columns],
        unit=full.unit[corner.columns],
        row_lower=full.row_lower[corner.rows] - others - 1e-9,
        row_upper=full.row_upper[corner.rows] - others + 1e-9,
        a=corner.a,
        column_of={},
        row_of={},
        values=(),
    )
    loose = np.flatnonzero(fines[corner.rows])
    loosened = elastic(part, loose, fines[corner.rows][loose])
    outcome = run(loosened, effort.left_s, effort.gap, options=effort.options)
    if outcome.values is None or outcome.objective is None:
        return mine
    present = float(part.cost @ mine + fines[corner.rows] @ excess(part, mine))
    better = outcome.objective < present - 1e-9 or not whole(part, mine)
    return outcome.values[: len(mine)] if better else mine
