"""``nodes_stay_up``: what was started less than the minimum up-time ago is still there."""

from dataclasses import replace
from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of

from pdopt.capacity.table import NodeType

LANES = [lane("M", "mixed", "A", 8, {("chat", ""): 0.5}), lane("N", "mixed", "A", 8, {("chat", ""): 0.3})]
DAY = {"night": (1 / 3, {"chat": 2.0}), "day": (1 / 3, {"chat": 5.0}), "evening": (1 / 3, {"chat": 3.0})}
NODES = (NodeType("A", 8, 40.0, None, start_usd=6.0, min_up_h=9.0), NodeType("B", 8, 50.0, None))


def test_nodes_of_nine_hours_outlast_the_next_period_of_eight():
    table = replace(table_of(LANES, [], {"chat": 5.0}, DAY), nodes=NODES)
    # started at the beginning of this period or, 8 < 9 hours ago, of the one before
    assert rows_of(table, "nodes_stay_up") == {
        ("A", now): Row(
            {("StartedNodes", ("A", now)): 1.0, ("StartedNodes", ("A", before)): 1.0, ("Nodes", ("A", now)): -1.0},
            -inf,
            0.0,
        )
        for before, now in (("evening", "night"), ("night", "day"), ("day", "evening"))
    }


def test_without_a_minimum_there_is_no_such_row():
    table = replace(table_of(LANES, [], {"chat": 5.0}, DAY), nodes=(replace(NODES[0], min_up_h=0.0),))
    assert rows_of(table, "nodes_stay_up") == {}
