"""Where a curve of falling costs bends most: corners of its lower convex edge, the deepest below the line first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

MOST_KNEES = 3
LEAST_DEPTH = 0.1  # of the range of costs

At = tuple[float, float]  # value of the axis and cost


@dataclass(frozen=True)
class Bend:
    """A corner of the lower edge, with the prices of one unit less and one unit more, up to which neighbours."""

    index: int
    depth: float
    tighter_usd: float
    looser_usd: float
    tighter_to: int
    looser_to: int


def bends(points: Sequence[At]) -> list[Bend]:
    """Give the knees of a curve, the deepest first.

    The deepest is the corner farthest below the line between both ends, in dollars, as a part of the range of costs
    (Satopaa et al., Finding a "Kneedle" in a Haystack, 2011, without smoothing: the curve has no noise). The parts to
    its left and right are then searched in the same way.

    Parameters
    ----------
    points : sequence of (at, cost)
        `at` rising, costs falling.
    """
    edge = lower_edge(points)
    if len(edge) < 3:
        return []
    scale = points[edge[0]][1] - points[edge[-1]][1]
    found = _deepest(points, edge, (0, len(edge) - 1), scale)
    return sorted(found, key=lambda bend: -bend.depth)[:MOST_KNEES]


def lower_edge(points: Sequence[At]) -> list[int]:
    """Give the indices of the points on the lower convex edge: no mix of two others is as good."""
    edge: list[int] = []
    for index, point in enumerate(points):
        while len(edge) > 1 and _below(points[edge[-2]], point, points[edge[-1]]) <= 0:
            edge.pop()
        edge.append(index)
    return edge


def _below(start: At, end: At, point: At) -> float:
    """Give the dollars that a point lies below the line from one point to another."""
    share = (point[0] - start[0]) / (end[0] - start[0])
    return start[1] + share * (end[1] - start[1]) - point[1]


def _deepest(points: Sequence[At], edge: Sequence[int], part: tuple[int, int], scale: float) -> list[Bend]:
    first, last = part
    ends = points[edge[first]], points[edge[last]]
    depths = {place: _below(*ends, points[edge[place]]) / scale for place in range(first + 1, last)}
    place = max(depths, key=lambda i: depths[i], default=None)
    if place is None or depths[place] < LEAST_DEPTH:
        return []
    left, here, right = (edge[place + step] for step in (-1, 0, 1))
    tighter_usd, looser_usd = (_usd_per_unit(points[a], points[b]) for a, b in pairwise((left, here, right)))
    return [
        Bend(here, depths[place], tighter_usd, looser_usd, left, right),
        *_deepest(points, edge, (first, place), scale),
        *_deepest(points, edge, (place, last), scale),
    ]


def _usd_per_unit(tighter: At, looser: At) -> float:
    return (tighter[1] - looser[1]) / (looser[0] - tighter[0])
