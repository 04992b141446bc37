"""Who watches a solve: hears how far it is, and may stop it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from time import perf_counter
from typing import Literal

import numpy as np

Method = Literal["auto", "whole", "parts"]  # as one program, by LLM and slot, or whichever seems best
COST, VALUE, ELSEWHERE = "usd_per_h", "value_per_s", "gpus_elsewhere"
LEAST_S = 0.01
TO_KEEP_S = 0.5  # given even when the time is up, so that a solution that is known is not lost


@dataclass(frozen=True)
class Progress:
    """How far a solve is.

    Attributes
    ----------
    goal : str
        What is minimised now: "usd_per_h", or "gpus_elsewhere"; "value_per_s", under a budget, is maximised.
    seconds : float
        Since the solve began.
    best, bound : float or None
        Of the best plan so far, and what no plan is better than; None where there is none yet.
    """

    goal: str
    seconds: float
    best: float | None
    bound: float | None

    @property
    def gap(self) -> float | None:
        """Give the relative distance of the best plan from the bound; None where either is missing."""
        if self.best is None or self.bound is None:
            return None
        return abs(self.best - self.bound) / max(abs(self.best), 1e-12)


def _unheard(progress: Progress) -> None:
    pass


@dataclass
class Watch:
    """Is told what a solve finds, and can stop it from another thread or a signal's handler.

    Attributes
    ----------
    tell : function
        Takes a `Progress`; called often, from any thread.
    solving : bool
        Whether the solver has begun: before that there is nothing that a stop could save.
    """

    tell: Callable[[Progress], None] = _unheard
    solving: bool = False
    goal: str = COST
    _began: float = field(default_factory=perf_counter)
    _stop: Event = field(default_factory=Event)
    _above: Watch | None = None

    def stop(self) -> None:
        """Ask the solve to end with the best plan so far."""
        self._stop.set()

    @property
    def stopped(self) -> bool:
        """Whether it was asked to end."""
        return self._stop.is_set() or (self._above is not None and self._above.stopped)

    @property
    def unheard(self) -> Watch:
        """A watch that is told nothing, and stopped by the same: for programs that are a part of another."""
        return self.beside(_unheard)

    @property
    def below(self) -> Watch:
        """A watch that is told nothing, and stopped by the same, or alone."""
        return Watch(_above=self)

    def beside(self, tell: Callable[[Progress], None]) -> Watch:
        """Give a watch that tells somebody else, and is stopped by the same."""
        return Watch(tell, _stop=self._stop, _above=self._above)

    def saw(self, best: float, bound: float) -> None:
        """Tell of the best minimum found and its bound, infinite where there is none."""
        sign = -1.0 if self.goal == VALUE else 1.0
        known = [sign * number if np.isfinite(number) else None for number in (best, bound)]
        self.tell(Progress(self.goal, perf_counter() - self._began, *known))


@dataclass
class Until:
    """When a solve ends: at a time, at a gap, or when whoever watches asks for it; and how it goes about it."""

    ends: float | None = None
    gap: float = 0.0
    watch: Watch = field(default_factory=Watch)
    method: Method = "auto"

    @classmethod
    def within(cls, seconds: float | None, gap: float = 0.0) -> Until:
        """Give so many seconds from now."""
        return cls(None if seconds is None else perf_counter() + seconds, gap)

    def left_s(self, known: bool = False) -> float | None:
        """Seconds left, None for any number; a little more where a solution is known."""
        least = TO_KEEP_S if known else LEAST_S
        if self.watch.stopped:
            return least
        return None if self.ends is None else max(self.ends - perf_counter(), least)
