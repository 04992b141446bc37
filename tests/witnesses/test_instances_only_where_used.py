"""``instances_only_where_used``: instances mark their pool as in use; without spares there is no row."""

from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of


def table_with(spares: int):
    return table_of(
        lanes=[lane("M", "mixed", "A", 8, {("chat", ""): 0.5}, spares=spares)],
        nodes=[("A", 8, 40.0, None)],
        required_rps={"chat": 5.0},
    )


def test_a_pool_with_instances_is_in_use():
    table = table_with(1)
    # nobody needs more than 5 x 0.5 = 2.5 -> 3 instances and 1 spare
    assert rows_of(table, "instances_only_where_used") == {
        "M": Row({("Instances", "M"): 1.0, ("Used", "M"): -4.0}, -inf, 0.0)
    }


def test_a_fleet_without_redundancy_has_no_such_row():
    assert rows_of(table_with(0), "instances_only_where_used") == {}
