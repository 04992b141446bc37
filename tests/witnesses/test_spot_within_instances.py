"""``spot_within_instances``: on spot nodes of all terms are at most a pool's instances; where none are more, no row."""

from dataclasses import replace
from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of

from pdopt.capacity.table import NodeTerm, NodeType

LANES = [lane("M", "mixed", "A", 8, {("chat", ""): 0.5}), lane("N", "mixed", "A", 4, {("chat", ""): 0.9})]


def table_with(*shares: float):
    terms = tuple(NodeTerm(f"spot{i}", 12.0, spot=True, max_share=share) for i, share in enumerate(shares))
    nodes = (NodeType("A", 8, 40.0, None, terms=(NodeTerm("on_demand", 40.0), *terms)),)
    return replace(table_of(LANES, [], {"chat": 5.0}), nodes=nodes)


def test_an_instance_is_on_spot_nodes_of_one_term():
    # 0.7 and 0.6 of a pool are more than it: both together are at most its instances
    table = table_with(0.7, 0.6)
    assert rows_of(table, "spot_within_instances") == {
        name: Row(
            {("OnSpot", (name, "spot0")): 1.0, ("OnSpot", (name, "spot1")): 1.0, ("Instances", name): -1.0}, -inf, 0.0
        )
        for name in "MN"
    }


def test_shares_that_are_at_most_the_whole_need_no_row():
    assert rows_of(table_with(0.7, 0.3), "spot_within_instances") == {}
    assert rows_of(table_with(1.0), "spot_within_instances") == {}
