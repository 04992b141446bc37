"""``power_within_limit``: kilowatts of all nodes; no row without a limit."""

from dataclasses import replace
from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of

TABLE = table_of(
    lanes=[lane("M", "mixed", "A", 8, {("chat", ""): 0.5}), lane("N", "mixed", "B", 4, {("chat", ""): 0.9})],
    nodes=[("A", 8, 40.0, None, 10.2), ("B", 8, 20.0, None, 6.5)],
    required_rps={"chat": 5.0},
)


def test_nodes_draw_their_kilowatts():
    table = replace(TABLE, power_kw=50.0)
    assert rows_of(table, "power_within_limit") == {
        "power_kw": Row({("Nodes", "A"): 10.2, ("Nodes", "B"): 6.5}, -inf, 50.0)
    }


def test_no_limit_no_row():
    assert rows_of(TABLE, "power_within_limit") == {}
