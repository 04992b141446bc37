"""``node_starts_counted``: nodes beyond those of the period before are started; the night follows the evening."""

from dataclasses import replace
from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of

from pdopt.capacity.table import NodeType

LANES = [lane("M", "mixed", "A", 8, {("chat", ""): 0.5}), lane("N", "mixed", "A", 8, {("chat", ""): 0.3})]
DAY = {"night": (1 / 3, {"chat": 2.0}), "day": (1 / 3, {"chat": 5.0}), "evening": (1 / 3, {"chat": 3.0})}
NODES = (NodeType("A", 8, 40.0, None, start_usd=6.0, min_up_h=9.0), NodeType("B", 8, 50.0, None))


def test_more_nodes_than_before_are_starts():
    table = replace(table_of(LANES, [], {"chat": 5.0}, DAY), nodes=NODES)
    assert rows_of(table, "node_starts_counted") == {
        ("A", now): Row(
            {("Nodes", ("A", now)): 1.0, ("Nodes", ("A", before)): -1.0, ("StartedNodes", ("A", now)): -1.0}, -inf, 0.0
        )
        for before, now in (("evening", "night"), ("night", "day"), ("day", "evening"))
    }


def test_nothing_starts_where_there_is_one_period():
    table = replace(table_of(LANES, [], {"chat": 5.0}), nodes=NODES)
    assert rows_of(table, "node_starts_counted") == {}
