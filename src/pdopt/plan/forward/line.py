"""Reading measured curves, and the largest load that still holds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

HALVINGS = 50


class Unpredictable(ValueError):  # noqa: N818 - a fact about a profile
    """The profile says nothing about these lengths or this load."""


def on_line(xs: Sequence[float], ys: Sequence[float], x: float) -> float:
    """Read a measured curve between its points.

    Raises
    ------
    Unpredictable
        `x` lies outside the measured range.
    """
    if not xs[0] <= x <= xs[-1]:
        raise Unpredictable(f"{x:g} lies outside the measured {xs[0]:g} to {xs[-1]:g}")
    i = min(bisect_right(xs, x), len(xs) - 1)
    if i == 0:
        return ys[0]
    return ys[i - 1] + (ys[i] - ys[i - 1]) * (x - xs[i - 1]) / (xs[i] - xs[i - 1])


def largest(holds: Callable[[float], bool], high: float, halvings: int = HALVINGS) -> float:
    """Largest number in [0, high] for which a condition holds that holds below it."""
    if holds(high):
        return high
    low = 0.0
    for _ in range(halvings):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
