"""``instances_cover_demand``: per side and group of workloads, whole instances are enough for the required rates."""

from math import inf

import pytest
from tests.samples import lane, table_of
from tests.witness import rows_of

CHAT, CODE, SPOT = ("chat", "hand"), ("code", "hand"), ("chat", "")


def rows(table):
    """Rows of the family as a list of (shares by lane, lower, upper), their order left open."""
    found = rows_of(table, "instances_cover_demand").values()
    return [({name: share for (_, name), share in row.coefficients.items()}, row.lower, row.upper) for row in found]


def assert_same_rows(found, expected):
    assert len(found) == len(expected)
    for shares, lower, upper in expected:
        matching = [row for row in found if row[1:] == (lower, upper) and row[0] == pytest.approx(shares)]
        assert matching, f"no row {shares}; there are {found}"


def test_one_workload_is_covered_on_each_side_by_what_an_instance_carries():
    table = table_of(
        lanes=[
            lane("P", "prefill", "A", 4, {CHAT: (0.5, 0.8)}, limits=("mean wait", "wait percentile")),
            lane("D", "decode", "A", 4, {CHAT: 0.2}),
            lane("M", "mixed", "A", 8, {SPOT: 1.25}),
        ],
        nodes=[("A", 8, 40.0, None)],
        required_rps={"chat": 10.0},
    )
    # one P carries min(1/0.5, 1/0.8) = 1.25 of the 10, one D 5, one M 0.8; M counts on both sides
    # prefill: 0.125 n[P] + 0.08 n[M] >= 1         decode: 0.5 n[D] + 0.08 n[M] >= 1
    assert_same_rows(rows(table), [({"P": 0.125, "M": 0.08}, 1.0, inf), ({"D": 0.5, "M": 0.08}, 1.0, inf)])


def test_workloads_are_covered_alone_and_together():
    table = table_of(
        lanes=[
            lane("M1", "mixed", "A", 8, {("chat", ""): 0.5, ("code", ""): 2.0}),
            lane("M2", "mixed", "A", 8, {("chat", ""): 0.25}),
        ],
        nodes=[("A", 8, 8.0, None)],
        required_rps={"chat": 8.0, "code": 1.0},
    )
    # alone:    chat: M1 carries 2 of 8, M2 4 of 8         code: M1 carries 0.5 of 1
    # together, at 1 dollar per GPU: chat weighs its least cost 0.25 x 8 = 2, code 2 x 8 = 16; in all 2 x 8 + 16 = 32
    #           M1 carries at most max(2 / 0.5, 16 / 2) = 8, M2 at most 2 / 0.25 = 8 of 32
    expected = [({"M1": 0.25, "M2": 0.5}, 1.0, inf), ({"M1": 0.5}, 1.0, inf), ({"M1": 0.25, "M2": 0.25}, 1.0, inf)]
    assert_same_rows(rows(table), expected * 2)  # for prefill and for decode, which mixed lanes both serve


@pytest.mark.parametrize("serve", [1.0, 0.9])
def test_spares_do_not_count_where_all_of_the_load_must_survive(serve):
    table = table_of(
        lanes=[lane("M", "mixed", "A", 8, {SPOT: 1.25}, spares=2)],
        nodes=[("A", 8, 40.0, None)],
        required_rps={"chat": 8.0},
        serve=serve,
    )
    # one M carries 0.8 of 8: 0.1 n - 0.2 used >= 1; the rows of a part that must survive would be weaker
    coefficients = {("Instances", "M"): 0.1, ("Used", "M"): -0.2} if serve == 1 else {("Instances", "M"): 0.1}
    for row in rows_of(table, "instances_cover_demand").values():
        assert row.coefficients == pytest.approx(coefficients)
        assert row[1:] == (1.0, inf)


def test_a_workload_that_asks_nothing_needs_no_cover():
    table = table_of(
        lanes=[lane("M", "mixed", "A", 8, {SPOT: 1.25, ("code", ""): 1.0})],
        nodes=[("A", 8, 40.0, None)],
        required_rps={"chat": 0.0, "code": 2.0},
    )
    assert_same_rows(rows(table), [({"M": 0.5}, 1.0, inf)] * 2)
