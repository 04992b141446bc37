"""Slots that differ in numbers only: a few are compiled, to learn the structure and to check it, the others are copies.

Pyomo takes microseconds per term, so that a program of many slots spends minutes on saying the same again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csc_array, csr_array

from pdopt.capacity.slots import Slot
from pdopt.capacity.table import LaneTable
from pdopt.fleet.collector import collector_paused
from pdopt.program.build import build
from pdopt.program.matrix import Floats, Matrix, Names, compile_matrix
from pdopt.program.slot_numbers import Part, SlotNumbers

FEWEST = 4  # slots for which it is worth while
Whole = npt.NDArray[np.int64]


@collector_paused()
def compile_table(table: LaneTable) -> Matrix:
    """Build and compile the program of a table, slot by slot where nothing follows from one slot to another."""
    return _by_slot(table) or compile_matrix(build(table))


def _by_slot(table: LaneTable) -> Matrix | None:
    if len(table.slots) >= FEWEST and _alike(table):
        few = _few(table)
        program = build(few)
        matrix = compile_matrix(program)
        tile = _tile(matrix, [slot.name for slot in few.slots])
        if tile is not None and _as_compiled(matrix, tile, SlotNumbers(few, few, program, *tile.copied(matrix))):
            return _tiled(table, matrix, tile, SlotNumbers(table, few, program, *tile.copied(matrix)))
    return None


def _alike(table: LaneTable) -> bool:
    """Whether no number but rates, weights and hours tells slots apart.

    Nothing may join them but what is committed to, and what is started because it did not run in the slot before.
    """
    first, *others = table.slots
    joined = any(node.min_up_h for node in table.nodes) or table.now is not None or table.max_skus is not None
    pooled = any(lane.sizes for lane in table.lanes)
    weighed = table.budget_usd_per_h is not None or table.risk.weight or table.uncertainty.among(first.required_rps)
    everywhere = not any(term.slots for node in table.nodes for term in node.ways_to_pay)
    same = all(_asked(slot) == _asked(first) for slot in others)
    return everywhere and same and not (joined or pooled or weighed or table.lost_sites)


def _few(table: LaneTable) -> LaneTable:
    """Give a table of the first two slots; of three in a circle, where starts join them to those before."""
    starts = bool(table.instance_start_usd) or any(node.start_usd or node.stop_usd for node in table.nodes)
    first = table.slots[: 3 if starts else 2]
    slots = (replace(slot, previous=first[place - 1].name) for place, slot in enumerate(first))
    return replace(table, slots=tuple(slots))


def _asked(slot: Slot) -> tuple[tuple[str, bool, bool], ...]:
    return tuple((name, rate > 0, slot.wanted_rps[name] > 0) for name, rate in slot.required_rps.items())


@dataclass(frozen=True)
class _Tile:
    """Places in a matrix of a few slots: what belongs to none, and to each; one is copied, the last is to check it by.

    The one copied is the last but one: of three, that before it is the first.
    """

    shared_columns: Whole
    columns: list[Whole]
    shared_rows: Whole
    rows: list[Whole]

    @property
    def joined(self) -> bool:
        """Whether rows of a slot have terms of the one before."""
        return len(self.rows) > 2

    def copied(self, matrix: Matrix) -> tuple[Part, Part]:
        """Give the columns and the rows of the slot that is copied, with their bounds."""
        columns, rows = self.columns[-2], self.rows[-2]
        return (
            Part(_in_order(matrix.column_of, columns), matrix.upper[columns]),
            Part(_in_order(matrix.row_of, rows), matrix.row_lower[rows]),
        )

    def terms(self, matrix: Matrix, numbers: SlotNumbers) -> tuple[csc_array, Floats]:
        """Give the terms that rows of the copied slot have in its own columns; their numbers in each slot."""
        own = csc_array(csr_array(matrix.a)[self.rows[-2]][:, self.columns[-2]])
        own.sort_indices()
        data = own.data * numbers.factor[:, own.indices]
        height, width = own.shape
        key = own.indices + height * np.repeat(np.arange(width), np.diff(own.indptr))
        if len(numbers.at):
            rows, columns = np.array(numbers.at).T
            data[:, np.searchsorted(key, rows + height * columns)] = np.array(numbers.instead).T
        return own, data


def _tile(matrix: Matrix, slots: list[str]) -> _Tile | None:
    """Find the tile; None where a column or row of one slot has no twin in another."""
    columns = _twins(matrix.column_of, slots)
    rows = _twins(matrix.row_of, slots)
    if columns is None or rows is None:
        return None
    return _Tile(*columns, *rows)


def _twins(place_of: Mapping[tuple[str, Any], int], slots: list[str]) -> tuple[Whole, list[Whole]] | None:
    shared: list[int] = []
    found: list[list[int]] = []
    first, others = slots[0], set(slots[1:])
    for (name, index), place in place_of.items():
        slot = index[-1] if isinstance(index, tuple) else index
        twins = [place_of.get((name, _at(index, other)), -1) for other in slots] if slot == first else [-1]
        if -1 not in twins:
            found.append(twins)
        elif slot not in others:
            shared.append(place)
    if len(shared) + len(slots) * len(found) != len(place_of):
        return None
    return np.array(shared, dtype=int), list(np.array(found, dtype=int).reshape(-1, len(slots)).T)


def _in_order(place_of: Mapping[tuple[str, Any], int], places: Whole) -> list[tuple[str, Any]]:
    names = {place: name for name, place in place_of.items()}
    return [names[place] for place in places]


def _at(index: Any, slot: str) -> Any:
    return (*index[:-1], slot) if isinstance(index, tuple) else slot


def _as_compiled(matrix: Matrix, tile: _Tile, numbers: SlotNumbers) -> bool:
    """Whether the last slot comes out as it was compiled, and nothing joins slots but what is known to."""
    a, shared = csr_array(matrix.a), tile.shared_columns
    first, here, there = tile.columns[0], tile.columns[-2], tile.columns[-1]
    rows, twins = tile.rows[-2:]
    copy = csr_array(a[rows].multiply(numbers.factor[-1].reshape(-1, 1)))
    own, data = tile.terms(matrix, numbers)
    pairs = [(shared, shared), *([(first, here)] if tile.joined else [])]
    goals = [matrix.cost, *([] if matrix.elsewhere is None else [matrix.elsewhere])]
    return (
        not a[rows][:, there].count_nonzero()
        and not a[twins][:, first].count_nonzero()
        and not a[tile.shared_rows][:, np.concatenate(tile.columns)].count_nonzero()
        and _same(csc_array((data[-1], own.indices, own.indptr), shape=own.shape), a[twins][:, there])
        and all(_same(copy[:, mine], a[twins][:, its]) for mine, its in pairs)
        and all(np.allclose(goal[there], goal[here] * numbers.cost[-1], rtol=1e-12, atol=0) for goal in goals)
        and all(
            np.allclose(found, compiled, rtol=1e-12, atol=0)
            for found, compiled in (
                (numbers.unit[-1], matrix.unit[there]),
                (numbers.upper[-1], matrix.upper[there]),
                (numbers.lower[-1], matrix.row_lower[twins]),
                (matrix.row_upper[rows], matrix.row_upper[twins]),
                (matrix.lower[here], matrix.lower[there]),
                (matrix.whole[here], matrix.whole[there]),
            )
        )
    )


def _same(found: Any, compiled: Any) -> bool:
    return abs(found - compiled).max() <= 1e-12 * max(abs(compiled).max(), 1.0) if found.shape[1] else True


def _tiled(table: LaneTable, matrix: Matrix, tile: _Tile, numbers: SlotNumbers) -> Matrix:
    count, shared, here, rows = len(table.slots), tile.shared_columns, tile.columns[-2], tile.rows[-2]

    def columns(every: Floats, of_each: Floats) -> Floats:
        return np.concatenate([every[shared], of_each.ravel()])

    def same(every: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.concatenate([every[shared], np.tile(every[here], count)])

    def goal(every: Floats) -> Floats:
        return columns(every * numbers.compiled, numbers.cost * every[here])

    place = {slot.name: i for i, slot in enumerate(table.slots)}
    a = _repeated(matrix, tile, numbers)
    if tile.joined:
        a = csc_array(a + _before(matrix, tile, numbers.factor, [place[slot.previous] for slot in table.slots]))
        a.eliminate_zeros()
    return replace(
        matrix,
        cost=goal(matrix.cost),
        elsewhere=None if matrix.elsewhere is None else goal(matrix.elsewhere),
        lower=same(matrix.lower),
        upper=columns(matrix.upper, numbers.upper),
        whole=same(matrix.whole),
        unit=columns(matrix.unit, numbers.unit),
        row_lower=np.concatenate([matrix.row_lower[tile.shared_rows], numbers.lower.ravel()]),
        row_upper=np.concatenate([matrix.row_upper[tile.shared_rows], np.tile(matrix.row_upper[rows], count)]),
        a=a,
        column_of=Names(lambda: _named(matrix.column_of, shared, here, list(place))),
        row_of=Names(lambda: _named(matrix.row_of, tile.shared_rows, rows, list(place))),
    )


def _before(matrix: Matrix, tile: _Tile, factor: Floats, previous: list[int]) -> csc_array:
    """Put the terms that rows of a slot have in the slot before."""
    count, height = factor.shape
    own = csr_array(matrix.a)[tile.rows[-2]][:, tile.columns[0]].tocoo()
    width = len(tile.columns[0])
    rows = own.row + len(tile.shared_rows) + height * np.arange(count).reshape(-1, 1)
    columns = own.col + len(tile.shared_columns) + width * np.array(previous).reshape(-1, 1)
    shape = (len(tile.shared_rows) + height * count, len(tile.shared_columns) + width * count)
    return csc_array(((own.data * factor[:, own.row]).ravel(), (rows.ravel(), columns.ravel())), shape=shape)


def _repeated(matrix: Matrix, tile: _Tile, numbers: SlotNumbers) -> csc_array:
    """Put the terms of a slot along the diagonal, and those of shared columns beside it, each row times its factor."""
    count, height = numbers.factor.shape
    own, data = tile.terms(matrix, numbers)
    starts = own.nnz * np.arange(count).reshape(-1, 1) + own.indptr[:-1]
    base = len(tile.shared_rows) + height * np.arange(count).reshape(-1, 1)
    inner = csc_array(
        (data.ravel(), (own.indices + base).ravel(), np.append(starts.ravel(), own.nnz * count)),
        shape=(len(tile.shared_rows) + height * count, own.shape[1] * count),
    )
    order = np.concatenate([tile.shared_rows, tile.rows[-2]])
    shared = csr_array(matrix.a[:, tile.shared_columns])[order]
    return _beside(shared, inner, numbers.factor, len(tile.shared_rows))


def _beside(shared: Any, inner: csc_array, factor: Floats, above: int) -> csc_array:
    terms = coo_array(shared)
    fixed = terms.row < above
    moving, count = ~fixed, factor.shape[0]
    rows = (terms.row[moving] + factor.shape[1] * np.arange(count).reshape(-1, 1)).ravel()
    data = (terms.data[moving] * factor[:, terms.row[moving] - above]).ravel()
    left = csc_array(
        (
            np.concatenate([terms.data[fixed], data]),
            (
                np.concatenate([terms.row[fixed], rows]),
                np.concatenate([terms.col[fixed], np.tile(terms.col[moving], count)]),
            ),
        ),
        shape=(inner.shape[0], shared.shape[1]),
    )
    return csc_array(
        (
            np.concatenate([left.data, inner.data]),
            np.concatenate([left.indices, inner.indices]),
            np.concatenate([left.indptr, inner.indptr[1:] + left.nnz]),
        ),
        shape=(inner.shape[0], left.shape[1] + inner.shape[1]),
    )


def _named(
    place_of: Mapping[tuple[str, Any], int], shared: Whole, here: Whole, slots: list[str]
) -> Iterator[tuple[str, Any]]:
    names = {place: name for name, place in place_of.items()}
    yield from (names[place] for place in shared)
    own = [names[place] for place in here]
    for slot in slots:
        yield from ((name, _at(index, slot)) for name, index in own)
