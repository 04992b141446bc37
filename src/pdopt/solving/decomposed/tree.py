"""Whole values of a program, the cheapest first, by one search tree that stays while rows are added."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pdopt.program.matrix import Floats, Matrix
from pdopt.solving.decomposed.owners import Whole
from pdopt.solving.highs import TOLERANCE, Outcome, Relaxation

LITTLE = 1e-7  # of the cost: what a side of a split is counted to bring at least, so that the other side counts, too


class Exclusion(NamedTuple):
    """Values of some columns that are not wanted, nor smaller ones where `or_less`."""

    columns: Whole
    values: Floats
    or_less: npt.NDArray[np.bool_]

    @property
    def alone(self) -> Exclusion:
        """These values, but none that are smaller."""
        return self._replace(or_less=np.zeros(len(self.columns), dtype=bool))

    def holds(self, values: Floats) -> bool:
        """Whether values of all columns are excluded."""
        mine = values[self.columns]
        return bool(np.where(self.or_less, mine <= self.values, mine == self.values).all())


class Branch(NamedTuple):
    """Bounds on all columns, and what no values within them are below; of equal ones the latest comes first."""

    bound: float
    number: int
    lower: Floats
    upper: Floats


@dataclass
class Tree:
    """What is left to search for whole values of a program.

    HiGHS solves the relaxations, each from the basis of the one before. A branch splits the column whose splits have
    raised the bound most so far, and tries each column once before it is judged (Achterberg, Koch and Martin 2005).
    Rows that are added count from then on, and the tree need not be grown again for them.
    """

    program: Matrix
    relaxation: Relaxation = field(init=False)
    open: list[Branch] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.relaxation = Relaxation(self.program)
        self._numbers = count()
        self._columns = np.flatnonzero(self.program.whole)
        self._raised, self._tried = np.zeros((2, len(self._columns))), np.zeros((2, len(self._columns)))
        self._push(self._branch(-np.inf, self.program.lower, self.program.upper))

    def cheapest(self, excluded: Sequence[Exclusion], below: float, over: Callable[[], bool]) -> Outcome:
        """Give the cheapest whole values that are not excluded.

        Parameters
        ----------
        excluded : sequence of Exclusion
        below : float
            Values that cost as much or more are of no interest: infeasible says that there are no others.
        over : callable
            Whether to stop; then the status is unknown.
        """
        while self.open and self.open[0].bound < below:
            if over():
                return Outcome("unknown", None, None, self.open[0].bound)
            branch = heappop(self.open)
            values, cost = self.relaxation.solve(branch.lower, branch.upper)
            if cost == -np.inf:  # nothing bounds it, or the solver failed
                heappush(self.open, branch)
                return Outcome("unknown", None, None, branch.bound)
            if values is None or cost >= below:
                continue
            branch = branch._replace(bound=max(cost, branch.bound))
            off = abs(values - np.round(values))[self._columns]
            if self.open and branch.bound > self.open[0].bound:  # rows came since it was put there
                heappush(self.open, branch)
            elif off.max(initial=0.0) > TOLERANCE:
                for one in self._split(branch, values):
                    self._push(one, below)
            else:
                found = self._whole(branch, values, excluded, below)
                if found is not None:
                    return found
        return Outcome("infeasible", None, None, np.inf)

    def _whole(self, branch: Branch, values: Floats, excluded: Sequence[Exclusion], below: float) -> Outcome | None:
        """Give values that are all but whole as whole ones; None, and a branch without them, if they are not wanted."""
        lower, upper = branch.lower.copy(), branch.upper.copy()
        lower[self._columns] = upper[self._columns] = np.round(values[self._columns])
        without = next((exclusion for exclusion in excluded if exclusion.holds(lower)), None)
        if without is None:
            exact, cost = self.relaxation.solve(lower, upper)
            if exact is not None and cost < below:
                heappush(self.open, branch)
                return Outcome("optimal", exact, cost, branch.bound)
            without = Exclusion(self._columns, lower[self._columns], np.zeros(len(self._columns), dtype=bool))
        self._leave_out(branch, without)
        return None

    def _leave_out(self, branch: Branch, without: Exclusion) -> None:
        """Cover what is not excluded of a branch by branches that have nothing in common."""
        lower, upper = branch.lower, branch.upper
        for column, value, or_less in zip(*without, strict=True):
            self._push(self._branch(branch.bound, bounded(lower, column, max(value + 1, lower[column])), upper))
            if not or_less:
                self._push(self._branch(branch.bound, lower, bounded(upper, column, min(value - 1, upper[column]))))
                lower = bounded(lower, column, max(value, lower[column]))
            upper = bounded(upper, column, min(value, upper[column]))

    def _split(self, branch: Branch, values: Floats) -> list[Branch]:
        mine = values[self._columns]
        parts = np.array([mine - np.floor(mine), np.ceil(mine) - mine])
        broken = np.flatnonzero(parts.min(axis=0) > TOLERANCE)
        untried = [int(place) for place in broken if not self._tried[:, place].all()]
        known = {place: self._both(branch, place, float(mine[place]), parts[:, place]) for place in untried}
        gains = self._raised / np.maximum(self._tried, 1) * parts
        for place, both in known.items():
            gains[:, place] = [min(one.bound - branch.bound, 1e9) for one in both]
        least = LITTLE * abs(branch.bound)
        best = int(broken[np.argmax(np.maximum(gains[:, broken], least).prod(axis=0))])
        return known[best] if best in known else self._both(branch, best, float(mine[best]), parts[:, best])

    def _both(self, branch: Branch, place: int, value: float, parts: Floats) -> list[Branch]:
        """Give both sides of a split, and learn what they bring."""
        column = int(self._columns[place])
        sides = (
            (branch.lower, bounded(branch.upper, column, np.floor(value))),
            (bounded(branch.lower, column, np.ceil(value)), branch.upper),
        )
        both = []
        for side, (lower, upper) in enumerate(sides):
            bound = max(self.relaxation.solve(lower, upper)[1], branch.bound)
            if np.isfinite(bound):
                self._raised[side, place] += (bound - branch.bound) / parts[side]
                self._tried[side, place] += 1
            both.append(self._branch(bound, lower, upper))
        return both

    def _branch(self, bound: float, lower: Floats, upper: Floats) -> Branch:
        return Branch(bound, -next(self._numbers), lower, upper)

    def _push(self, branch: Branch, below: float = np.inf) -> None:
        if branch.bound < below and (branch.lower <= branch.upper).all():
            heappush(self.open, branch)


def bounded(bounds: Floats, column: int, value: float) -> Floats:
    """Give bounds with another for one column."""
    changed = bounds.copy()
    changed[column] = value
    return changed
