"""Too much caution: which redundancy, or protection against uncertainty, a fleet has no room for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from pdopt.capacity.lanes import lane_table
from pdopt.capacity.slots import Now
from pdopt.capacity.table import LaneTable
from pdopt.fleet.changes import Change, Value
from pdopt.fleet.fleet import Fleet
from pdopt.plan.plan import Reason
from pdopt.program.tiled import compile_table
from pdopt.solving.highs import run

ASKED = (("redundancy", "instances"), ("redundancy", "nodes"), ("redundancy", "sites"), ("uncertainty", "workloads"))


def too_cautious(fleet: Fleet, table: LaneTable, seconds: float) -> Iterator[Reason]:
    """Name everything of which less would make a plan possible, with the most that is; each alone."""
    now = table.running_when()
    for path in ASKED:
        asked = getattr(getattr(fleet, path[0]), path[1])

        def possible(value: Value, path: tuple[str, str] = path) -> bool:
            return _has_plan(Change(path, value).applied(fleet), now, seconds)

        if asked and possible(0):
            most, name = _most(possible, asked), ".".join(path)
            sentence = f"{name}: {most} instead of {asked} would be possible"
            yield Reason(kind="limit", limit=name, short_by=float(asked - most), sentence=sentence)


def _most(possible: Callable[[Value], bool], asked: int) -> int:
    """Largest number below that asked for that is possible; 0 is."""
    low, high = 0, asked
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if possible(middle) else (low, middle)
    return low


def _has_plan(fleet: Fleet, now: Now | None, seconds: float) -> bool:
    table = lane_table(fleet, now)
    if table.unserved() or table.stranded():
        return False
    matrix = compile_table(table)
    return run(replace(matrix, cost=np.zeros(len(matrix.cost))), seconds).values is not None
