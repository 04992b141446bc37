"""``nodes_only_of_chosen_skus``: nodes mark their SKU as chosen; no row without a limit."""

from dataclasses import replace
from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of

TABLE = table_of(
    lanes=[lane("M", "mixed", "A", 8, {("chat", ""): 0.5}), lane("N", "mixed", "B", 4, {("chat", ""): 0.9})],
    nodes=[("A", 8, 40.0, None, 10.2), ("B", 8, 20.0, None, 6.5)],
    required_rps={"chat": 5.0},
)


def test_a_sku_with_nodes_is_chosen():
    # nobody needs more than 5 x 0.5 = 2.5 -> 3 instances of 8 GPUs on A: 3 nodes; 5 x 0.9 = 4.5 -> 5 of 4 on B: 3 nodes
    table = replace(TABLE, max_skus=1)
    assert rows_of(table, "nodes_only_of_chosen_skus") == {
        "A": Row({("Nodes", "A"): 1.0, ("Chosen", "A"): -3.0}, -inf, 0.0),
        "B": Row({("Nodes", "B"): 1.0, ("Chosen", "B"): -3.0}, -inf, 0.0),
    }


def test_no_limit_no_row():
    assert rows_of(TABLE, "nodes_only_of_chosen_skus") == {}
