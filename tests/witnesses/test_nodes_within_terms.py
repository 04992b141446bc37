"""``nodes_within_terms``: each term has its own stock; what is committed to is counted once."""

from dataclasses import replace
from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of

from pdopt.capacity.table import NodeTerm, NodeType


def test_each_term_is_bounded_where_it_is_offered():
    terms = (
        NodeTerm("reserved", 30.0, committed=True, available=4),
        NodeTerm("on_demand", 40.0),
        NodeTerm("spot", 12.0, available=2, slots=("night",), spot=True),
    )
    table = table_of([lane("M", "mixed", "A", 8, {("chat", ""): 0.5})], [], {"chat": 5.0}, DAY)
    table = replace(table, nodes=(NodeType("A", 8, 40.0, None, terms=terms),))
    # one row for the commitment, one for spot in the only slot where it can be had, none for on demand
    assert rows_of(table, "nodes_within_terms") == {
        ("A", "reserved", "night"): Row({("Committed", ("A", "reserved")): 1.0}, -inf, 4.0),
        ("A", "spot", "night"): Row({("Nodes", ("A", "spot", "night")): 1.0}, -inf, 2.0),
    }


def test_terms_with_one_stock_share_it():
    terms = (
        NodeTerm("from night", 30.0, committed=True, available=4, stock="reserved"),
        NodeTerm("from day", 30.0, committed=True, available=4, slots=("day",), stock="reserved"),
    )
    table = table_of([lane("M", "mixed", "A", 8, {("chat", ""): 0.5})], [], {"chat": 5.0}, DAY)
    table = replace(table, nodes=(NodeType("A", 8, 40.0, None, terms=terms),))
    first, second = (("Committed", ("A", name)) for name in ("from night", "from day"))
    assert rows_of(table, "nodes_within_terms") == {
        ("A", "reserved", "night"): Row({first: 1.0}, -inf, 4.0),
        ("A", "reserved", "day"): Row({first: 1.0, second: 1.0}, -inf, 4.0),
    }


def test_a_single_price_has_no_such_row():
    table = table_of([lane("M", "mixed", "A", 8, {("chat", ""): 0.5})], [("A", 8, 40.0, 3)], {"chat": 5.0})
    assert rows_of(table, "nodes_within_terms") == {}


DAY = {"night": (0.4, {"chat": 2.0}), "day": (0.6, {"chat": 5.0})}
