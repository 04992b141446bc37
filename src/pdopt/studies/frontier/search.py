"""All points that nothing beats: solve, find the least at that cost, prove it by solving just below, and so on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf, log, sqrt

from pdopt.solving.nearby import Columns
from pdopt.studies.frontier.trying import SAME, Tell, Tried, Trier

OVERVIEW = 6  # corners sought in the middle of what is open, before the others are sought one next to the other
BEYOND = 0.5  # of the tight end: so far a corner is followed beyond it


@dataclass(frozen=True)
class Corner:
    """A point of the curve: a cost, the least of the axis found at it, and the most that is proven not to be enough."""

    at: float
    cost: float
    none_below: float
    columns: Columns = field(repr=False)


@dataclass(frozen=True)
class Gap:
    """Two neighbouring corners (the left one may be the end that is looked at) with room for others between them.

    From the left one up to `from_at` the cost is known.
    """

    left: float
    left_cost: float
    from_at: float
    right: Corner

    def size(self, scale: float) -> float:
        """Give its area: a logarithm by a part of some cost."""
        return log(self.right.at / self.from_at) * min(self.left_cost - self.right.cost, scale)


class Search:
    """Corners between two values of an axis.

    Parameters
    ----------
    trier : Trier
    span : tuple of two floats
        Between what they are sought.
    most_points : int
    tell : function
        Takes what is being solved, in words.
    """

    def __init__(self, trier: Trier, span: tuple[float, float], most_points: int, tell: Tell):
        self._trier, self.span = trier, span
        self._most_points, self._tell = most_points, tell
        self._tolerance = trier.axis.tolerance
        self._found: list[Corner] = []
        self._followed: set[Tried] = set()
        self._given_up: set[float] = set()

    @property
    def corners(self) -> list[Corner]:
        """The points found, those that others beat left out, the least first."""
        kept: list[Corner] = []
        for corner in sorted(self._found, key=lambda c: (c.at, c.cost)):
            within = corner.cost <= self._trier.dearest * (1 + SAME)
            if within and (not kept or corner.cost < kept[-1].cost * (1 - SAME)):
                kept.append(corner)
        return kept

    def proven(self, corner: Corner) -> bool:
        """Whether no plan as cheap needs less, as far as the tolerance tells."""
        return self.none_below(corner) >= self._just_below(corner.at)

    def none_below(self, corner: Corner) -> float:
        """Give the most that is proven not to be enough at a corner's cost."""
        return max(corner.none_below, self._trier.not_below(corner.cost))

    def within(self, values: Iterable[float]) -> None:
        """Find the corners at some values of the axis."""
        for at in values:
            self._follow(self._solve(at))

    def between(self) -> None:
        """Find the corners between those that are known, until all are or there are as many as were asked for."""
        while len(self.corners) < self._most_points:
            gap = max(self.gaps(), key=lambda gap: gap.size(self.corners[-1].cost), default=None)
            if gap is None:
                return
            self._look_into(gap)

    def gaps(self) -> Iterator[Gap]:
        """Yield where other corners may be, the tight end first."""
        corners = self.corners
        if corners:
            yield from self._gap(self.span[0], inf, corners[0])
        for left, right in pairwise(corners):
            yield from self._gap(left.at, left.cost, right)

    def _gap(self, left: float, left_cost: float, right: Corner) -> Iterator[Gap]:
        """Yield a gap unless the cost jumps from the one corner to the other."""
        as_dear = (t.at for t in self._trier.tried if left <= t.at < right.at and t.cost >= left_cost * (1 - SAME))
        from_at = max(as_dear, default=left)
        if from_at < self._just_below(right.at) and right.at not in self._given_up:
            yield Gap(left, left_cost, from_at, right)

    def _look_into(self, gap: Gap) -> None:
        """Look in the middle for an overview, else at what comes next to the right end, which is often known."""
        middle = sqrt(gap.from_at * gap.right.at)
        wide = middle < gap.right.at * (1 - 10 * self._tolerance) and gap.from_at == gap.left
        if wide and (len(self.corners) < OVERVIEW or len(self.corners) >= self._most_points / 2):
            self._follow(self._solve(middle))
            return
        most = self._trier.dearest * (1 + SAME)
        inside = [t for t in self._trier.tried if gap.from_at < t.at < gap.right.at and t.cost <= most]
        nearest = max((t for t in inside if t not in self._followed), key=lambda t: t.at, default=None)
        if nearest is None and any(t.at == self._just_below(gap.right.at) for t in self._trier.tried):
            self._given_up.add(gap.right.at)  # solved there already, and no wiser
        else:
            self._follow(nearest or self._solve(self._just_below(gap.right.at)))

    def _follow(self, tried: Tried) -> None:
        """Find the least of the axis at the cost of a plan, and prove it where that does not follow from others."""
        self._followed.add(tried)
        if tried.columns is None:
            return
        end = self.span[0] * BEYOND
        known, steps = tried, 1
        while True:
            low = max(end, self._trier.not_below(known.cost))
            least = self._trier.axis.least(known.columns or {}, known.cost, (min(low, known.at), known.at))
            none_below = least.at if least.of_all else 0.0
            known = self._trier.know(least.at, known.cost, least.columns)
            self._followed.add(known)
            below = self._proof(known, end, steps) if not least.of_all else None
            if below is None:
                break
            known, steps = below, steps * 2
        self._found.append(Corner(known.at, known.cost, none_below, known.columns or {}))

    def _proof(self, known: Tried, end: float, steps: int) -> Tried | None:
        """Give a plan as cheap with less of the axis; None where there is none, or none is known."""
        while steps and self._trier.not_below(known.cost) < self._just_below(known.at):
            at = self._just_below(known.at) if steps == 1 else known.at * (1 - self._tolerance * steps)
            at = max(at, self._trier.not_below(known.cost))
            if at < end:
                return None
            below = self._solve(at)
            if below.cost <= known.cost * (1 + SAME):
                return below
            if below.bound <= known.cost * (1 + SAME):
                return None
            steps = 1 if steps > 1 else 0
        return None

    def _solve(self, at: float) -> Tried:
        count = len(self.corners)
        found = f"{count} {'point' if count == 1 else 'points'}"
        self._tell(f"{found}, solve {self._trier.solves + 1}: {self._trier.axis.words(at)}")
        return self._trier.solve(at)

    def _just_below(self, at: float) -> float:
        return at * (1 - self._tolerance)
