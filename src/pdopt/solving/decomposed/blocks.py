"""A program cut into blocks, one per LLM and slot, and the rows that link them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from pdopt.capacity.table import LaneTable
from pdopt.program.matrix import Matrix

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Block:
    """What concerns one LLM in one slot: columns, rows of their own, and their terms in the linking rows."""

    columns: Whole
    matrix: Matrix
    links: Any


@dataclass(frozen=True)
class Split:
    """A program as blocks and a rest.

    Attributes
    ----------
    whole : Matrix
        What was split.
    blocks : list of Block
    shared : array
        Columns of no block: nodes, commitments and all that counts them.
    linking : array
        Rows that concern shared columns, or more than one block.
    """

    whole: Matrix
    blocks: list[Block]
    shared: Whole
    linking: Whole

    @cached_property
    def rows(self) -> Any:
        """The program by row."""
        return csr_array(self.whole.a)

    @cached_property
    def shared_links(self) -> Any:
        """Terms of the shared columns in the linking rows, by column."""
        return self.rows[self.linking][:, self.shared].tocsc()


def split(table: LaneTable, matrix: Matrix) -> Split:
    """Cut a program along its LLMs and slots; what no block owns alone links them."""
    owner = _owners(table, matrix)
    rows = csr_array(matrix.a)
    first = np.full(rows.shape[0], -1)
    links = np.zeros(rows.shape[0], dtype=bool)
    for row in range(rows.shape[0]):
        owners = owner[rows.indices[rows.indptr[row] : rows.indptr[row + 1]]]
        first[row] = owners[0] if len(owners) else -1
        links[row] = bool(len(owners)) and (first[row] < 0 or bool((owners != owners[0]).any()))
    linking = np.flatnonzero(links)
    of_rows, of_columns = _groups(np.where(links, -1, first)), _groups(owner)
    linking_rows = rows[linking]
    blocks = [_block(matrix, rows, columns, of_rows.get(key, _NONE)) for key, columns in of_columns.items()]
    blocks = [replace(block, links=linking_rows[:, block.columns].tocsr()) for block in blocks]
    return Split(matrix, blocks, np.flatnonzero(owner < 0), linking)


_NONE = np.zeros(0, dtype=np.int64)


def _groups(labels: Whole) -> dict[int, Whole]:
    """Places of each label that is not negative."""
    order = np.argsort(labels, kind="stable")
    cuts = np.flatnonzero(np.diff(labels[order])) + 1
    return {int(labels[part[0]]): part for part in np.split(order, cuts) if len(part) and labels[part[0]] >= 0}


def _owners(table: LaneTable, matrix: Matrix) -> Whole:
    """Give the number of each column's block, -1 for none; a column that names a lane belongs to its LLM."""
    llm_of, slots = {lane.name: lane.llm for lane in table.lanes}, {slot.name for slot in table.slots}
    numbers: dict[tuple[str, str], int] = {}
    owner = np.full(len(matrix.cost), -1)
    for (_, index), column in matrix.column_of.items():
        parts = index if isinstance(index, tuple) else (index,)
        lane = next((part for part in parts if part in llm_of), None)
        if lane is not None and parts[-1] in slots:
            owner[column] = numbers.setdefault((llm_of[lane], parts[-1]), len(numbers))
    return owner


def _block(matrix: Matrix, rows: Any, columns: Whole, own: Whole) -> Block:
    part = replace(
        matrix,
        cost=matrix.cost[columns],
        lower=matrix.lower[columns],
        upper=matrix.upper[columns],
        whole=matrix.whole[columns],
        unit=matrix.unit[columns],
        row_lower=matrix.row_lower[own],
        row_upper=matrix.row_upper[own],
        a=rows[own][:, columns].tocsc(),
        column_of={},
        row_of={},
        values=(),
    )
    return Block(columns, part, None)
