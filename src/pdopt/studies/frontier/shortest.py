"""The shortest targets that given counts permit: a root, between one value that is not enough and one that is."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

from pdopt.solving.nearby import Columns, Program, routed, strain

Span = tuple[float, float]
FIRST = 0.8  # of what is known to be enough: where to look first
ENOUGH = 1 + 1e-9


def shortest(
    program_at: Callable[[float], Program | None], columns: Columns, span: Span, tolerance: float
) -> tuple[float, Columns]:
    """Give the least value at which the counts of a solution are enough, to a tolerance, with its solution.

    How many times the counts it takes grows about linearly in one over the target (docs/model.md), so that a secant
    hits where it takes them once; every fifth value halves what is left, whatever the curve is like. What the secant
    puts within the tolerance is believed: a solve just below will tell.
    """
    (low, high), at = span, max(span[0], span[1] * FIRST)
    enough = program_at(high)
    assert enough is not None
    seen: list[tuple[float, float]] = []  # one over the value, and how many times the counts it takes
    while high / low > 1 + tolerance:
        program, found = program_at(at), None
        times = None if program is None else strain(program, columns, enough)
        if program is not None and times is not None:
            if not seen and (at_first := strain(enough, columns, program)) is not None:
                seen.append((1 / high, at_first))
            seen.append((1 / at, times))
            found = routed(program, columns) if times <= ENOUGH else None
        low, high, columns = (at, high, columns) if found is None else (low, at, found)
        aim = _expected(seen)
        if aim is not None and high / (1 + tolerance) <= aim <= high * ENOUGH:
            break
        at = sqrt(low * high) if len(seen) % 5 == 0 else _aimed(aim, (low, high), tolerance)
    return high, columns


def _aimed(aim: float | None, span: Span, tolerance: float) -> float:
    """Give a value that is just enough if things are as expected."""
    low, high = span
    if aim is None or not low < aim < high:
        return sqrt(low * high)
    return min(aim * (1 + tolerance / 3), high / (1 + tolerance / 2))


def _expected(seen: list[tuple[float, float]]) -> float | None:
    """Give where the counts are enough exactly, on a line through the two values nearest to that, one on each side."""
    dear = sorted((one for one in seen if one[1] > 1), key=lambda one: one[1])
    cheap = sorted((one for one in seen if one[1] <= 1), key=lambda one: -one[1])
    near = [*cheap[:1], *dear[:1]] if cheap and dear else (cheap or dear)[:2]
    if len(near) < 2:
        return None
    (x, y), (other_x, other_y) = near
    slope = (other_y - y) / (other_x - x)
    expected = x + (1 - y) / slope if slope else 0.0
    return 1 / expected if expected > 0 else None
