"""``skus_within_limit``: SKUs in use are counted; no row without a limit."""

from dataclasses import replace
from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of

TABLE = table_of(
    lanes=[lane("M", "mixed", "A", 8, {("chat", ""): 0.5}), lane("N", "mixed", "B", 4, {("chat", ""): 0.9})],
    nodes=[("A", 8, 40.0, None, 10.2), ("B", 8, 20.0, None, 6.5)],
    required_rps={"chat": 5.0},
)


def test_chosen_skus_are_counted():
    table = replace(TABLE, max_skus=1)
    assert rows_of(table, "skus_within_limit") == {
        "max_skus": Row({("Chosen", "A"): 1.0, ("Chosen", "B"): 1.0}, -inf, 1.0)
    }


def test_no_limit_no_row():
    assert rows_of(TABLE, "skus_within_limit") == {}
