"""Knees of curves by hand."""

from __future__ import annotations

import pytest

from pdopt.studies.frontier.knees import bends, lower_edge
from pdopt.studies.frontier.words import amount


def test_the_corner_below_the_chord_is_the_knee():
    """From (1, 100) to (11, 0) the chord is at 80 where x is 3; the point there costs 20: 60 of 100 below it."""
    (bend,) = bends([(1, 100), (3, 20), (11, 0)])
    assert bend.index == 1
    assert bend.depth == pytest.approx(0.6)
    assert bend.tighter_usd == pytest.approx(40)
    assert bend.looser_usd == pytest.approx(2.5)


def test_points_above_the_edge_are_no_knees():
    points = [(1, 100), (2, 95), (3, 20), (6, 18), (11, 0)]
    assert lower_edge(points) == [0, 2, 4]
    assert [bend.index for bend in bends(points)] == [2]


@pytest.mark.parametrize("points", [[], [(1, 5)], [(1, 5), (2, 3)], [(1, 3), (2, 2), (3, 1)], [(1, 9), (2, 8), (3, 0)]])
def test_lines_and_bulges_have_none(points):
    assert bends(points) == []


def test_two_knees_the_deepest_first():
    points = [(0, 100), (1, 60), (5, 20), (20, 0)]
    assert [bend.index for bend in bends(points)] == [2, 1]


@pytest.mark.parametrize(
    ("at", "told"),
    [(2402.881, "2,403 ms"), (2000.0, "2,000 ms"), (496.6811, "496.7 ms"), (12.5, "12.5 ms")],
)
def test_amounts_are_rounded_up(at, told):
    assert amount("ms", at) == told
