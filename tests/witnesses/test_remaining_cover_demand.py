"""``remaining_cover_demand``: whole instances elsewhere are enough for what must survive; else no row."""

from math import inf

import pytest
from tests.samples import lane, table_of
from tests.witness import rows_of


def table_with(lost_sites=(), **more):
    return table_of(
        lanes=[
            lane("P", "prefill", "A", 4, {("chat", "near"): 0.5, ("chat", "far"): 0.6}, site="paris"),
            lane("Q", "prefill", "B", 4, {("chat", "far"): 0.7}, site="oslo"),
            lane("D", "decode", "A", 4, {("chat", "near"): 0.2}, site="paris"),
            lane("E", "decode", "B", 4, {("chat", "far"): 0.3}, site="oslo"),
            lane("M", "mixed", "B", 8, {("chat", ""): (1.25, 1.5)}, limits=("wait", "tail"), site="oslo"),
        ],
        nodes=[("A", 8, 40.0, None), ("B", 8, 40.0, None)],
        required_rps={"chat": 10.0, "code": 0.0},
        lost_sites=lost_sites,
        **more,
    )


EACH = (("paris",), ("oslo",))


def test_instances_elsewhere_are_enough():
    table = table_with(EACH, serve=0.7)
    # of 7: one Q carries 1/0.7, one E 1/0.3, one M 1/1.5 on both sides; one P at best 1/0.5, one D 1/0.2
    found = [
        {name: share * 7 for (_, name), share in row.coefficients.items()}
        for row in rows_of(table, "remaining_cover_demand").values()
        if (row.lower, row.upper) == (1.0, inf)
    ]
    expected = [{"Q": 1 / 0.7, "M": 1 / 1.5}, {"E": 1 / 0.3, "M": 1 / 1.5}, {"P": 1 / 0.5}, {"D": 1 / 0.2}]
    assert len(found) == 4
    assert all(any(one == pytest.approx(row) for row in found) for one in expected)


def test_a_fleet_without_sites_to_lose_has_no_such_row():
    assert rows_of(table_with(), "remaining_cover_demand") == {}
