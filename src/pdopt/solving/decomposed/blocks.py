"""A program cut into blocks, at least one per LLM and slot, and the rows that link them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array, hstack
from scipy.sparse.csgraph import connected_components

from pdopt.program.matrix import Matrix
from pdopt.solving.decomposed.owners import Owners, Whole
from pdopt.solving.highs import Prepared


@dataclass(frozen=True)
class Block:
    """What concerns one LLM (or one side of it) in one slot: columns, their own rows, and terms in the linking rows."""

    columns: Whole
    matrix: Matrix
    links: Any

    @cached_property
    def prepared(self) -> Prepared:
        """The block as HiGHS takes it."""
        return Prepared(self.matrix)


class Group(NamedTuple):
    """Blocks that meet in linking rows (those of one slot, mostly), and the places of these among the linking rows."""

    blocks: Whole
    rows: Whole


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
    owners : Owners
        Of the columns.
    """

    whole: Matrix
    blocks: list[Block]
    shared: Whole
    linking: Whole
    owners: Owners

    @cached_property
    def rows(self) -> Any:
        """The program by row."""
        return csr_array(self.whole.a)

    @cached_property
    def shared_links(self) -> Any:
        """Terms of the shared columns in the linking rows, by column."""
        return self.rows[self.linking][:, self.shared].tocsc()

    @cached_property
    def groups(self) -> list[Group]:
        """Blocks that linking rows join, and these rows; what no block touches is in none."""
        touched = csc_array(hstack([csr_array(abs(block.links).sum(axis=1).reshape(-1, 1)) for block in self.blocks]))
        label = joined(csr_array(touched))
        of_row = _spread(csr_array(touched), label)[0]
        return [Group(blocks, np.flatnonzero(of_row == key)) for key, blocks in groups_of(label).items()]

    @cached_property
    def of_one_group(self) -> Any:
        """Whether a shared column is touched by the rows of one group, and joins nothing else of that kind."""
        links = self.shared_links.tocsr()
        touching = np.array([np.diff(links[group.rows].tocsc().indptr) > 0 for group in self.groups])
        return touching.sum(axis=0) == 1

    @cached_property
    def apart(self) -> Whole:
        """Places, among the linking rows, of those that no block touches."""
        joined = np.concatenate([_NONE, *(group.rows for group in self.groups)])
        return np.setdiff1d(np.arange(len(self.linking)), joined)


def split(owners: Owners, matrix: Matrix) -> Split:
    """Cut a program along its LLMs and slots, and these into what no row joins; what no block owns alone links them."""
    owner = owners.block
    rows = csr_array(matrix.a)
    least, most = _spread(rows, owner)
    links = (least < most) | ((least < 0) & (np.diff(rows.indptr) > 0))
    block_of = np.where(owner < 0, -1, joined(rows[np.flatnonzero(~links)]))
    linking = np.flatnonzero(links)
    first = _spread(rows, block_of)[0]
    of_rows, of_columns = groups_of(np.where(links, -1, first)), groups_of(block_of)
    linking_rows = rows[linking].tocsc()
    blocks = [_block(matrix, rows, columns, of_rows.get(key, _NONE)) for key, columns in of_columns.items()]
    blocks = [replace(block, links=linking_rows[:, block.columns].tocsr()) for block in blocks]
    return Split(matrix, blocks, np.flatnonzero(owner < 0), linking, owners)


def _spread(rows: Any, labels: Whole) -> tuple[Whole, Whole]:
    """Give the least and the largest label of the columns in each row; -1 where a row is empty."""
    least, most = np.full(rows.shape[0], -1), np.full(rows.shape[0], -1)
    filled = np.flatnonzero(np.diff(rows.indptr))
    if len(filled):
        of_terms = labels[rows.indices]
        least[filled] = np.minimum.reduceat(of_terms, rows.indptr[filled])
        most[filled] = np.maximum.reduceat(of_terms, rows.indptr[filled])
    return least, most


def joined(rows: Any) -> Whole:
    """Give a label per column, the same for those that rows join."""
    count, terms = rows.shape[0], coo_array(rows)
    size = count + rows.shape[1]
    graph = coo_array((np.ones(len(terms.row)), (terms.row, count + terms.col)), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1][count:])


_NONE = np.zeros(0, dtype=np.int64)


def groups_of(labels: Whole) -> dict[int, Whole]:
    """Places of each label that is not negative."""
    order = np.argsort(labels, kind="stable")
    cuts = np.flatnonzero(np.diff(labels[order])) + 1
    return {int(labels[part[0]]): part for part in np.split(order, cuts) if len(part) and labels[part[0]] >= 0}


def _block(matrix: Matrix, rows: Any, columns: Whole, own: Whole) -> Block:
    part = matrix.part(columns, own, rows[own][:, columns])
    return Block(columns, part, None)
