"""The program without its blocks: nodes and whatever else is shared, and what is known of the blocks as cuts.

A cut says: at these prices of the linking rows, no choice of the blocks' plans takes or costs less (Lagrangian
relaxation; Geoffrion 1974). The outer program stays whole where the relaxation of the program would cut nodes to
pieces, so its bound closes the rounding that prices alone leave (Benders 1962; Fischetti et al. 2016 on such cuts).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import NamedTuple

import numpy as np
from scipy.sparse import csc_array, csr_array, hstack, vstack

from pdopt.program.matrix import Floats, Matrix
from pdopt.solving.decomposed.apart import Workers, run_apart
from pdopt.solving.decomposed.blocks import Split
from pdopt.solving.decomposed.tree import Exclusion, Tree
from pdopt.solving.highs import BARE, Outcome, solve_relaxed

ROOM = 1e-7  # part of a cut that the solver's tolerances behind it may be off


class Cut(NamedTuple):
    """``terms · shared + weight · (the group's own cost) >= at_least``, for every plan.

    It comes of `prices` of the linking rows, at which each block costs its `least`.
    """

    group: int
    terms: Floats
    weight: float
    at_least: float
    prices: Floats
    least: Mapping[int, float]

    def missed_by(self, shared: Floats, own: Floats) -> float:
        """Give by which part of itself values break the cut; at most 0 where they keep it."""
        if self.at_least == -np.inf:  # a block whose bound was not found in time says nothing
            return 0.0
        reached = self.terms @ shared + self.weight * own[self.group]
        return float((self.at_least - reached) / self.size)

    def row(self, groups: int) -> tuple[Floats, float]:
        """Give the terms of the shared columns and of the own cost of each group, and what they come to at least."""
        own = np.zeros(groups)
        own[self.group] = self.weight
        return np.concatenate([self.terms, own]) / self.size, self.at_least / self.size - ROOM

    @property
    def size(self) -> float:
        """Give what tolerances are relative to."""
        return max(abs(self.at_least), float(abs(self.terms).max(initial=0.0)), self.weight, 1e-9)


@dataclass(eq=False)
class Aside:
    """Values of which so many nodes of a search have not told whether they have a plan.

    They are not in the tree any more, so the bound counts them here: no plan of theirs is below `bound`. If they have
    no plan, the `exclusion` holds.
    """

    bound: float
    shared: Floats
    own: Floats
    nodes: int
    exclusion: Exclusion


@dataclass
class Outer:
    """Shared columns and one column per group for what its blocks cost, within all cuts found so far.

    Attributes
    ----------
    most : array, the largest values that shared columns are needed at
    cuts, excluded, aside : what is known
    tree : where groups share no columns, what is left to search; it knows the first `grown` cuts
    """

    split: Split
    most: Floats
    workers: Workers
    cuts: list[Cut] = field(default_factory=list)
    excluded: list[Exclusion] = field(default_factory=list)
    aside: list[Aside] = field(default_factory=list)
    tree: Tree | None = None
    grown: int = 0

    def solve(self, seconds: float, gap: float, below: float) -> Outcome:
        """Give the cheapest whole values, or some within a gap of them; their bound is one of the whole program.

        Parameters
        ----------
        seconds, gap : float
        below : float
            Values that cost as much or more are of no interest: infeasible says that there are no others.
        """
        if len(self.split.groups) > 1:
            program = self._program()
            for exclusion in self.excluded:
                program = _without(program, exclusion)
            return run_apart(self.workers, program, seconds, gap, BARE)
        if self.tree is None:
            self.tree = Tree(self._program())
            self.grown = len(self.cuts)
        for cut in self.cuts[self.grown :]:
            self.tree.relaxation.add(*cut.row(1))
        self.grown = len(self.cuts)
        left_out = [*self.excluded, *(one.exclusion.alone for one in self.aside)]
        ends = perf_counter() + seconds
        return self.tree.cheapest(left_out, below, lambda: perf_counter() > ends or self.workers.watch.stopped)

    def relaxed(self) -> Floats | None:
        """Give the cheapest values that need not be whole."""
        found = solve_relaxed(self._program())
        return None if found is None else found[0]

    def parts(self, values: Floats) -> tuple[Floats, Floats]:
        """Give the shared columns, rounded where they are whole, and the groups' own costs."""
        count = len(self.split.shared)
        whole = self.split.whole.whole[self.split.shared]
        groups = len(self.split.groups)
        return np.where(whole, np.round(values[:count]), values[:count]), values[count : count + groups]

    def _program(self) -> Matrix:
        split, full = self.split, self.split.whole
        groups = len(split.groups)
        apart = split.linking[split.apart]
        own = csr_array((len(apart), groups))
        rows = _beside(csr_array(split.shared_links)[split.apart], own)
        terms, at_least = zip(*(cut.row(groups) for cut in self.cuts), strict=True)
        floor = [0.0 if self._costs(group) else -np.inf for group in range(groups)]
        return replace(
            full,
            a=csc_array(vstack([rows, csr_array(np.array(terms))])),
            cost=np.concatenate([full.cost[split.shared], np.ones(groups)]),
            lower=np.concatenate([full.lower[split.shared], floor]),
            upper=np.concatenate([self.most, np.full(groups, np.inf)]),
            whole=np.concatenate([full.whole[split.shared], np.zeros(groups, dtype=bool)]),
            unit=np.ones(len(split.shared) + groups),
            row_lower=np.concatenate([full.row_lower[apart], at_least]),
            row_upper=np.concatenate([full.row_upper[apart], np.full(len(self.cuts), np.inf)]),
            column_of={},
            row_of={},
            values=(),
        )

    def _costs(self, group: int) -> bool:
        """Whether the own cost of a group cannot be less than nothing."""
        blocks = (self.split.blocks[block].matrix for block in self.split.groups[group].blocks)
        return all(bool((block.cost >= 0).all() and (block.lower[block.cost > 0] >= 0).all()) for block in blocks)


def excluded(split: Split, group: int, shared: Floats) -> Exclusion | None:
    """Give what is impossible where a group's blocks have no plan at some values; None if columns are not whole."""
    rows = split.groups[group].rows
    links = split.shared_links[rows].tocoo()
    columns = np.unique(links.col)
    if not split.whole.whole[split.shared[columns]].all():
        return None
    lower, upper = split.whole.row_lower[split.linking[rows]], split.whole.row_upper[split.linking[rows]]
    hurts = ((links.data > 0) & np.isfinite(upper[links.row])) | ((links.data < 0) & np.isfinite(lower[links.row]))
    or_less = ~np.isin(columns, links.col[hurts])
    return Exclusion(columns, shared[columns], or_less)


def _beside(left: csr_array, right: csr_array) -> csr_array:
    wide = (
        np.hstack([left.toarray(), right.toarray()]) if left.shape[0] else np.zeros((0, left.shape[1] + right.shape[1]))
    )
    return csr_array(wide)


def _without(program: Matrix, exclusion: Exclusion) -> Matrix:
    """Ask for one of the columns to be larger or, unless smaller ones are excluded too, smaller than it is there."""
    larger, smaller = exclusion.columns, exclusion.columns[~exclusion.or_less]
    count, new = len(program.cost), len(larger) + len(smaller)
    lower, upper = program.lower, program.upper
    up = csr_array((np.ones(len(larger)), (np.arange(len(larger)), larger)), shape=(len(larger), count))
    down = csr_array((np.ones(len(smaller)), (np.arange(len(smaller)), smaller)), shape=(len(smaller), count))
    step_up = exclusion.values + 1 - lower[larger]
    step_down = upper[smaller] - exclusion.values[~exclusion.or_less] + 1
    switches = csr_array(np.diag(np.concatenate([-step_up, step_down])))
    either = csr_array(np.concatenate([np.zeros(count), np.ones(new)]).reshape(1, -1))
    rows = hstack([vstack([up, down]), switches])
    old = hstack([program.a, csc_array((program.a.shape[0], new))])
    return replace(
        program,
        a=csc_array(vstack([old, rows, either])),
        cost=np.append(program.cost, np.zeros(new)),
        lower=np.append(lower, np.zeros(new)),
        upper=np.append(upper, np.ones(new)),
        whole=np.append(program.whole, np.ones(new, dtype=bool)),
        unit=np.ones(count + new),
        row_lower=np.concatenate([program.row_lower, lower[larger], np.full(len(smaller), -np.inf), [1.0]]),
        row_upper=np.concatenate([program.row_upper, np.full(len(larger), np.inf), upper[smaller], [np.inf]]),
    )
