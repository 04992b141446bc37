"""``pools_large_enough``: a pool in use has its least instances; a least of one asks nothing."""

from dataclasses import replace
from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of

TABLE = table_of(
    lanes=[lane("M", "mixed", "A", 8, {("chat", ""): 0.5}), lane("N", "mixed", "A", 4, {("chat", ""): 0.9})],
    nodes=[("A", 8, 40.0, None)],
    required_rps={"chat": 5.0},
)


def test_a_lane_in_use_has_the_least_instances_of_a_pool():
    table = replace(TABLE, min_pool_instances=4)
    assert rows_of(table, "pools_large_enough") == {
        name: Row({("Used", name): 4.0, ("Instances", name): -1.0}, -inf, 0.0) for name in "MN"
    }
    # 2.5 -> 3 instances of M carry all, but a pool has 4; 4.5 -> 5 of N
    assert rows_of(table, "instances_only_where_used") == {
        "M": Row({("Instances", "M"): 1.0, ("Used", "M"): -4.0}, -inf, 0.0),
        "N": Row({("Instances", "N"): 1.0, ("Used", "N"): -5.0}, -inf, 0.0),
    }
    assert rows_of(table, "load_survives_losses") == {}


def test_a_least_of_one_asks_nothing():
    assert rows_of(replace(TABLE, min_pool_instances=1), "pools_large_enough") == {}
    assert rows_of(TABLE, "instances_only_where_used") == {}
