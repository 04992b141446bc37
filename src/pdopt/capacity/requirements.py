"""Sets of targets that pools can be run at.

A requirement is a tuple of numbers, one per dimension, smaller is tighter; ``inf`` asks nothing. A pool shared by
some workloads must be run at the elementwise minimum of theirs, so the minima of all subsets are all the pools
worth having: nothing is discretised away.
"""

from __future__ import annotations

from collections.abc import Iterable

Requirement = tuple[float, ...]


def tightest_of(some: Requirement, other: Requirement) -> Requirement:
    """Give the elementwise minimum."""
    return tuple(map(min, some, other))


def admits(requirement: Requirement, wanted: Requirement) -> bool:
    """Whether a pool run at `requirement` keeps what `wanted` asks."""
    return all(kept <= asked for kept, asked in zip(requirement, wanted, strict=True))


def all_minima(wanted: Iterable[Requirement]) -> list[Requirement]:
    """Give the elementwise minima of every nonempty subset, each once, tightest first."""
    found: set[Requirement] = set()
    for one in sorted(set(wanted)):
        found |= {tightest_of(one, other) for other in found} | {one}
    return sorted(found)
