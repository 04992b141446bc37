"""The shortest targets that given counts permit: a root, between one value that is not enough and one that is."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

from pdopt.solving.nearby import Columns, Program, routed, strain

Strain = tuple[float, float]  # one over the value, and how many times the counts it takes
Span = tuple[float, float]
FLAT = 1e-9  # strains that differ by no more are those of something else than the targets that vary


def shortest(
    program_at: Callable[[float], Program | None], columns: Columns, span: Span, tolerance: float
) -> tuple[float, Columns]:
    """Give the least value at which the counts of a solution are enough, to a tolerance, with its solution.

    Work grows about linearly in one over the target (docs/model.md), so that a secant through how many times the counts
    it takes at two values hits what takes them once; every third value halves what is left, whatever the curve is like.
    Where the secant sees nothing shorter by more than the tolerance, that is believed: a solve just below will tell.
    """
    low, high = span
    seen: list[Strain] = []
    at, tries = high, 0
    while high / low > 1 + tolerance:
        program = program_at(at)
        found = None if program is None else routed(program, columns)
        low, high, columns = (at, high, columns) if found is None else (low, at, found)
        times = None if program is None else strain(program, columns)
        if times is not None:
            seen.append((1 / at, times))
        tries += 1
        aim = _expected(seen)
        bracketed = low > span[0] and all(abs(times - 1) > FLAT for _, times in seen)
        if bracketed and aim is not None and high / (1 + tolerance) <= aim <= high:
            break
        at = sqrt(low * high) if tries % 3 == 0 else _aimed(aim, (low, high), tolerance)
    return high, columns


def _aimed(aim: float | None, span: Span, tolerance: float) -> float:
    """Give a value that is just enough if things are as expected."""
    low, high = span
    if aim is None or not low < aim < high:
        return sqrt(low * high)
    return min(aim * (1 + tolerance / 3), high / (1 + tolerance / 2))


def _expected(seen: list[Strain]) -> float | None:
    """Give where the counts are enough exactly, on a line through two values: around it, else beyond it."""
    dear = sorted((one for one in seen if one[1] > 1), key=lambda one: one[1])[:2]
    cheap = sorted((one for one in seen if one[1] <= 1), key=lambda one: -one[1])[:2]
    flat = len(cheap) == 2 and cheap[0][1] - cheap[1][1] <= FLAT
    near = [*cheap[:1], *dear[:1]] if cheap and dear and not flat else dear if len(dear) == 2 else []
    if not near:
        return None if flat or not cheap else cheap[0][1] / cheap[0][0]
    (x, y), (other_x, other_y) = near
    slope = (other_y - y) / (other_x - x)
    expected = x + (1 - y) / slope if slope else 0.0
    return 1 / expected if expected > 0 else None
