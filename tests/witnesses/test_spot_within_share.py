"""``spot_within_share``: at most the stated part of a pool's instances runs on spot."""

from dataclasses import replace
from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of

from pdopt.capacity.table import NodeTerm, NodeType

SPOT = (NodeTerm("on_demand", 40.0), NodeTerm("spot", 12.0, spot=True, max_share=0.3, interruption=0.1))
LANES = [lane("M", "mixed", "A", 8, {("chat", ""): 0.5}), lane("N", "mixed", "A", 4, {("chat", ""): 0.9})]
TABLE = replace(table_of(LANES, [], {"chat": 5.0}), nodes=(NodeType("A", 8, 40.0, None, terms=SPOT),))


def test_three_tenths_of_each_pool_may_run_on_spot():
    table = TABLE
    assert rows_of(table, "spot_within_share") == {
        (name, "spot"): Row({("OnSpot", (name, "spot")): 1.0, ("Instances", name): -0.3}, -inf, 0.0) for name in "MN"
    }


def test_a_fleet_without_spot_has_no_such_row():
    table = table_of(LANES, [("A", 8, 40.0, None)], {"chat": 5.0})
    assert rows_of(table, "spot_within_share") == {}
