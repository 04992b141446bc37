"""``cost_within_budget``: all that costs something, by its price and its part of the time, is within the budget."""

from dataclasses import replace
from math import inf

import pytest
from tests.samples import lane, table_of
from tests.witness import Row, rows_of

from pdopt.capacity.table import NodeTerm, NodeType, Worth

LANES = [lane("M", "mixed", "A", 8, {("chat", ""): 0.5})]
DAY = {"night": (0.4, {"chat": 2.0}), "day": (0.6, {"chat": 5.0})}


def test_rentals_count_while_they_last_and_commitments_always():
    table = table_of(LANES, [], {"chat": 5.0}, DAY, budget_usd_per_h=90.0, worth={"chat": Worth(1.0)})
    terms = (NodeTerm("reserved", 30.0, committed=True), NodeTerm("on_demand", 40.0))
    table = replace(table, nodes=(NodeType("A", 8, 40.0, None, terms=terms),))
    assert rows_of(table, "cost_within_budget") == {
        "budget": Row(
            {
                ("Committed", ("A", "reserved")): pytest.approx(30.0),
                ("Nodes", ("A", "night")): pytest.approx(0.4 * 40.0),
                ("Nodes", ("A", "day")): pytest.approx(0.6 * 40.0),
            },
            -inf,
            90.0,
        )
    }


def test_without_a_budget_there_is_no_such_row():
    table = table_of(LANES, [("A", 8, 40.0, None)], {"chat": 5.0})
    assert rows_of(table, "cost_within_budget") == {}
