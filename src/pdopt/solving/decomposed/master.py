"""The master: one plan per block out of those found, and how many nodes, at least cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.sparse import bmat, csc_array

from pdopt.program.matrix import Floats, Matrix
from pdopt.solving.decomposed.blocks import Split
from pdopt.solving.decomposed.decide import Least, least_of
from pdopt.solving.decomposed.elastic import elastic, whole
from pdopt.solving.highs import Outcome

Run = Callable[[Matrix, float], Outcome]  # minimises a matrix to a gap


@dataclass(frozen=True)
class Column:
    """One plan of one block: its values, what it costs, and what it takes in the linking rows."""

    block: int
    values: Floats
    cost: float
    links: Floats


@dataclass
class Master:
    """The plans of all blocks, to choose one of each."""

    split: Split
    columns: list[Column] = field(default_factory=list)
    known: dict[tuple[int, bytes], int] = field(default_factory=dict)
    least: list[Least] = field(default_factory=list)
    by_block: defaultdict[int, list[Column]] = field(default_factory=lambda: defaultdict(list))

    def add(self, block: int, values: Floats) -> None:
        """Add a plan of a block, once, if it is one: whole."""
        part = self.split.blocks[block]
        if not whole(part.matrix, values):
            return
        column = Column(block, values, float(part.matrix.cost @ values), np.asarray(part.links @ values))
        if self.known.setdefault(_key(column), len(self.columns)) == len(self.columns):
            self.columns.append(column)
            self.by_block[block].append(column)

    def learn(self, block: int, cost: Floats, outcome: Outcome) -> None:
        """Keep what solving a block at some cost has given: a plan, and what none is below."""
        if outcome.values is not None:
            self.add(block, outcome.values)
        least = least_of(block, cost, outcome.bound)
        if least is not None:
            self.least.append(least)

    def of_block(self, block: int) -> list[Column]:
        """Give the plans of one block."""
        return self.by_block[block]

    def add_parts(self, values: Floats) -> None:
        """Add the plan of every block in a solution of the whole."""
        for number, block in enumerate(self.split.blocks):
            self.add(number, values[block.columns])

    def choose(self, run: Run, fines: Floats, gap: float, shared: Floats | None = None) -> Floats | None:
        """Give the cheapest solution of the whole found that is made of these plans; `fines` as for a sweep.

        With `shared`, its shared columns are these, where they are not NaN.
        """
        program = elastic(self._program(), np.arange(len(self.split.linking)), fines[self.split.linking])
        if shared is not None:
            given = np.flatnonzero(~np.isnan(shared))
            program.lower[given] = program.upper[given] = shared[given]
        found = run(program, gap).values
        return None if found is None else self._unfold(found)

    def _program(self) -> Matrix:
        split, full = self.split, self.split.whole
        blocks, count = len(split.blocks), len(self.columns)
        taken = csc_array(np.column_stack([column.links for column in self.columns]))
        owner = [column.block for column in self.columns]
        once = csc_array((np.ones(count), (owner, np.arange(count))), shape=(blocks, count))
        return replace(
            full,
            a=csc_array(bmat([[split.shared_links, taken], [None, once]])),
            cost=np.concatenate([full.cost[split.shared], [column.cost for column in self.columns]]),
            lower=np.concatenate([full.lower[split.shared], np.zeros(count)]),
            upper=np.concatenate([full.upper[split.shared], np.ones(count)]),
            whole=np.concatenate([full.whole[split.shared], np.ones(count, dtype=bool)]),
            unit=np.ones(len(split.shared) + count),
            row_lower=np.concatenate([full.row_lower[split.linking], np.ones(blocks)]),
            row_upper=np.concatenate([full.row_upper[split.linking], np.ones(blocks)]),
            column_of={},
            row_of={},
            values=(),
        )

    def _unfold(self, values: Floats) -> Floats:
        split, result = self.split, np.zeros(len(self.split.whole.cost))
        result[split.shared] = values[: len(split.shared)]
        for column, share in zip(self.columns, values[len(split.shared) :], strict=False):
            if share > 0.5:
                result[split.blocks[column.block].columns] = column.values
        return result


def _key(column: Column) -> tuple[int, bytes]:
    return column.block, np.round(np.append(column.links, column.cost), 6).tobytes()
