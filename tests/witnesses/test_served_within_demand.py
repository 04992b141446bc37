"""``served_within_demand``: under a budget nothing is served that nobody asks for."""

from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of

from pdopt.capacity.table import Worth

LANES = [
    lane("P", "prefill", "A", 8, {("chat", "hand"): 0.5}),
    lane("D", "decode", "A", 8, {("chat", "hand"): 0.4}),
    lane("M", "mixed", "A", 8, {("chat", ""): 0.9}),
]


def test_what_leaves_decode_and_mixed_lanes_is_at_most_the_demand():
    table = table_of(LANES, [("A", 8, 40.0, None)], {"chat": 5.0}, budget_usd_per_h=100.0, worth={"chat": Worth(1.0)})
    assert rows_of(table, "served_within_demand") == {
        "chat": Row({("Routed_rps", ("D", "chat", "hand")): 1.0, ("Routed_rps", ("M", "chat", "")): 1.0}, -inf, 5.0)
    }


def test_without_a_budget_there_is_no_such_row():
    table = table_of(LANES, [("A", 8, 40.0, None)], {"chat": 5.0})
    assert rows_of(table, "served_within_demand") == {}
