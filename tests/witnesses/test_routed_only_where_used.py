"""``routed_only_where_used``: what is routed marks its pool as in use; without spares there is no row."""

from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of


def table_with(spares: int):
    return table_of(
        lanes=[
            lane("P", "prefill", "A", 4, {("chat", "near"): 0.5, ("chat", "far"): 0.6}, spares=spares),
            lane("N", "decode", "A", 4, {("chat", "near"): 0.2}, spares=spares),
            lane("F", "decode", "B", 4, {("chat", "far"): 0.2, ("code", "far"): 0.3}, spares=spares),
        ],
        nodes=[("A", 8, 40.0, None), ("B", 8, 40.0, None)],
        required_rps={"chat": 10.0, "code": 4.0},
    )


def test_no_more_than_the_demand_and_nothing_where_a_pool_is_not_in_use():
    table = table_with(1)
    # whatever the handovers of P: together at most the 10 requests per second that come
    near, far = ("Routed_rps", ("P", "chat", "near")), ("Routed_rps", ("P", "chat", "far"))
    assert rows_of(table, "routed_only_where_used") == {
        ("P", "chat"): Row({near: 1.0, far: 1.0, ("Used", "P"): -10.0}, -inf, 0.0),
        ("N", "chat"): Row({("Routed_rps", ("N", "chat", "near")): 1.0, ("Used", "N"): -10.0}, -inf, 0.0),
        ("F", "chat"): Row({("Routed_rps", ("F", "chat", "far")): 1.0, ("Used", "F"): -10.0}, -inf, 0.0),
        ("F", "code"): Row({("Routed_rps", ("F", "code", "far")): 1.0, ("Used", "F"): -4.0}, -inf, 0.0),
    }


def test_a_fleet_without_redundancy_has_no_such_row():
    assert rows_of(table_with(0), "routed_only_where_used") == {}
