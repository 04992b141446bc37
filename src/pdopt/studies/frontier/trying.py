"""The cheapest plan within a value of the axis, solved with all that earlier values tell of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil, inf

from pdopt.solving.nearby import Columns, Program, cheapest, price_step
from pdopt.studies.frontier.axes import Axis

SAME = 1e-6  # part of a cost that is not told apart: solvers' tolerances
Tell = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Tried:
    """What is known at one value of the axis: the cost of a plan (infinite: none) and what no plan is below."""

    at: float
    cost: float
    bound: float
    columns: Columns | None = field(default=None, repr=False)

    @property
    def proven(self) -> bool:
        """Whether nothing is cheaper."""
        return self.cost <= self.bound * (1 + SAME) or self.cost == self.bound


@dataclass(frozen=True)
class Effort:
    """How long each solve may take, how near to its bound it may stop, and whether earlier ones help it."""

    time_limit_s: float | None = 20.0
    gap: float = 0.0
    warm: bool = True


class Trier:
    """Solves along one axis: less of it never costs less, so that every value bounds the others.

    Parameters
    ----------
    axis : Axis
    effort : Effort
    """

    def __init__(self, axis: Axis, effort: Effort):
        self.axis, self.effort = axis, effort
        self.tried: list[Tried] = []
        self.dearest = inf
        self.solves = 0

    def solve(self, at: float) -> Tried:
        """Give the cheapest plan within a value; with nothing to solve where its neighbours tell all."""
        floor, start = self.floor(at), self._start(at)
        program = self.axis.program(at) if floor < inf else None
        if program is None:
            return self._noted(Tried(at, inf, inf))
        if self.effort.warm:
            floor = _next_price(program, floor)
        if self.effort.warm and start is not None and start.cost <= floor * (1 + SAME):
            return self._noted(Tried(at, start.cost, floor, start.columns))
        return self._noted(self._solved(program, at, floor, start))

    def _solved(self, program: Program, at: float, floor: float, start: Tried | None) -> Tried:
        self.solves += 1
        least, columns = (floor, start.columns if start else None) if self.effort.warm else (-inf, None)
        outcome = cheapest(program, self.effort.time_limit_s, self.effort.gap, (least, self.dearest), columns)
        bound = max(outcome.bound, floor)
        if outcome.values is not None and outcome.objective is not None:
            return Tried(at, outcome.objective, min(bound, outcome.objective), program.columns(outcome.values))
        if outcome.status == "infeasible":
            return Tried(at, inf, inf)
        if start is not None:  # what is possible with less is possible
            return Tried(at, start.cost, min(bound, start.cost), start.columns)
        return Tried(at, inf, bound)

    def floor(self, at: float) -> float:
        """Give what no plan is cheaper than: what is proven for more of the axis."""
        return max((known.bound for known in self.tried if known.at >= at), default=-inf)

    def not_below(self, cost: float) -> float:
        """Give the largest value at which all plans are proven to be dearer than this."""
        return max((known.at for known in self.tried if known.bound > cost * (1 + SAME)), default=0.0)

    def _start(self, at: float) -> Tried | None:
        possible = [known for known in self.tried if known.at <= at and known.columns is not None]
        return min(possible, key=lambda known: (known.cost, -known.at), default=None)

    def know(self, at: float, cost: float, columns: Columns) -> Tried:
        """Note a plan that was found in another way."""
        return self._noted(Tried(at, cost, min(self.floor(at), cost), columns))

    def _noted(self, found: Tried) -> Tried:
        self.tried.append(found)
        return found


def _next_price(program: Program, floor: float) -> float:
    step = price_step(program.matrix) if 0 < floor < inf else None
    return floor if step is None else step * ceil(floor / step * (1 - SAME))
