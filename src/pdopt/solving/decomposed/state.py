"""What is known while a program is solved by its blocks."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from time import perf_counter

import numpy as np

from pdopt.program.matrix import Floats
from pdopt.solving.decomposed.apart import Workers
from pdopt.solving.decomposed.beginning import fines
from pdopt.solving.decomposed.blocks import Split
from pdopt.solving.decomposed.corners import Corner, corners
from pdopt.solving.decomposed.elastic import excess, whole
from pdopt.solving.decomposed.master import Master
from pdopt.solving.decomposed.outer import Outer
from pdopt.solving.decomposed.pricing import Asked, Effort
from pdopt.solving.highs import PROVEN

PRICED = Effort(20.0, 0.0)  # of a block whose cost is to bound: nearly all take a hundredth of that
LEAST_GAP = 1e-4  # of the blocks, where no gap of the whole is asked for


@dataclass
class Search:
    """What is known of a program that is solved by its blocks: a bound, prices, plans, the best solution."""

    split: Split
    outer: Outer
    gap: float
    ends: float
    workers: Workers
    prices: Floats
    master: Master = field(init=False)
    bound: float = -np.inf
    best: Floats | None = None
    latest: Floats | None = None  # as best, but it may exceed linking rows, at the fines
    cycle: int = 0
    began: float = field(default_factory=perf_counter)
    exhausted: bool = False
    heavy: bool = False
    sharpest: Asked = field(init=False)  # where the latest cut was found
    joined: int = 0  # plans there were when they were last joined

    def __post_init__(self) -> None:
        self.master = Master(self.split)
        self.sharpest = Asked(self.prices, 1.0)
        self.fines = fines(self.split)
        self.fine = PRICED._replace(gap=self.gap / 8 or LEAST_GAP)

    @cached_property
    def corners(self) -> list[list[Corner]]:
        """What is settled."""
        return corners(self.split)

    def part(self, seconds: float) -> float:
        """Give which part of the time so many seconds are."""
        return seconds / (self.ends - self.began)

    @property
    def left_s(self) -> float:
        """Seconds left, at least a little."""
        return max(self.ends - perf_counter(), 0.2)

    def cost(self, values: Floats) -> float:
        """Give the dollars of a solution, and the fines where it exceeds linking rows."""
        full = self.split.whole
        return float(full.cost @ values + self.fines @ excess(full, values))

    def done(self) -> bool:
        """Whether the gap asked for is reached, or the time is up."""
        if perf_counter() > self.ends or self.bound == np.inf or self.workers.watch.stopped:
            return True
        return self.best is not None and self.cost(self.best) - self.bound <= max(self.gap, PROVEN) * abs(self.bound)

    def note(self, values: Floats | None) -> None:
        """Keep a whole solution, if it is the best; as a plan only if it exceeds nothing."""
        if values is None or not whole(self.split.whole, values):
            return
        if self.latest is None or self.cost(values) < self.cost(self.latest):
            self.latest = values
        if excess(self.split.whole, values).any():
            return
        if self.best is None or self.cost(values) < self.cost(self.best):
            self.best = values
            self.master.add_parts(values)
            self.told()

    def raise_to(self, bound: float) -> None:
        """Keep a bound, if it is the highest."""
        if bound > self.bound:
            self.bound = bound
            self.told()

    def told(self) -> None:
        """Tell whoever watches what is known."""
        self.workers.watch.saw(np.inf if self.best is None else self.cost(self.best), self.bound)
