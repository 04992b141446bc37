"""One pair of lengths per sweep: real means differ by a token or two between runs that were asked for the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf, log
from statistics import fmean

Lengths = tuple[float, ...]
WITHIN = log(1.02)


def distance(one: Lengths, other: Lengths) -> float:
    """Largest difference of two sets of lengths, as the logarithm of their ratio; inf if they are not comparable."""
    if len(one) != len(other):
        return inf
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    return max((abs(log(a / b)) if a > 0 and b > 0 else inf for a, b in pairs), default=0.0)


def nearest(lengths: Lengths, known: Iterable[Lengths]) -> Lengths | None:
    """Give the known lengths that lie nearest, if any is within 2 %."""
    best = min(known, key=lambda other: distance(lengths, other), default=None)
    return best if best is not None and distance(lengths, best) <= WITHIN else None


def common(lengths: Sequence[Lengths]) -> dict[Lengths, Lengths]:
    """Map lengths to the ones their group shares: its whole-token mean, if all of it lies within 2 %.

    Groups are chains of neighbours within 2 %; a chain that is longer keeps every length as it is. So each
    length lies nearest to its own group's, and mapping the result again changes nothing.
    """
    groups: list[list[Lengths]] = []
    for item in sorted(set(lengths)):
        near = [group for group in groups if any(distance(item, other) <= WITHIN for other in group)]
        groups = [group for group in groups if group not in near] + [[item, *(x for group in near for x in group)]]
    shared: dict[Lengths, Lengths] = {}
    for group in groups:
        tight = all(distance(a, b) <= WITHIN for a in group for b in group)
        mean = tuple(float(round(fmean(values))) for values in zip(*group, strict=True))
        shared |= {item: mean if tight else item for item in group}
    return shared
