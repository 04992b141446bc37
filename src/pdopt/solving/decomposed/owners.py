"""Whose a column is: which LLM and slot, or nobody's, and how large it needs to be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pdopt.capacity.covering import most_nodes
from pdopt.capacity.table import LaneTable
from pdopt.program.matrix import Floats, Matrix

Whole = npt.NDArray[np.int64]
NODES, STARTED = ("Nodes", "Committed", "StartedNodes"), "StartedInstances"


@dataclass(frozen=True)
class Owners:
    """Of each column of a program.

    Attributes
    ----------
    block : array
        Number of the LLM and slot that a column concerns alone; -1 where there is none.
    slot : array
        Number of its slot; -1 where it concerns more than one.
    most : array
        The largest value that it is needed at.
    starts : boolean array
        Whether it counts instances that are started: then those of one slot concern those of another.
    """

    block: Whole
    slot: Whole
    most: Floats
    starts: npt.NDArray[np.bool_]

    def of(self, columns: Whole) -> Owners:
        """Give those of some columns."""
        return Owners(self.block[columns], self.slot[columns], self.most[columns], self.starts[columns])


def owners_of(table: LaneTable, matrix: Matrix) -> Owners:
    """Read them from the names of the columns; a column that names a lane belongs to its LLM."""
    llm_of, slots = {lane.name: lane.llm for lane in table.lanes}, {slot.name: i for i, slot in enumerate(table.slots)}
    nodes = {node.sku: max(most_nodes(table, node, slot) for slot in table.slots) for node in table.nodes}
    numbers: dict[tuple[str, int], int] = {}
    size = len(matrix.cost)
    block, slot, most = np.full(size, -1), np.full(size, -1), np.minimum(matrix.upper, 1e9)
    starts = np.zeros(size, dtype=bool)
    for (variable, index), column in matrix.column_of.items():
        parts = index if isinstance(index, tuple) else (index,)
        slot[column] = slots.get(parts[-1], -1)
        lane = next((part for part in parts if part in llm_of), None)
        if lane is not None and slot[column] >= 0:
            block[column] = numbers.setdefault((llm_of[lane], int(slot[column])), len(numbers))
        starts[column] = variable == STARTED
        if variable in NODES:
            most[column] = min(most[column], nodes[parts[0]])
    return Owners(block, slot, most, starts)
