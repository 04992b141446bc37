"""``nodes_within_stock``: no more nodes than there are; no row where there is no limit."""

from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of


def test_stock_bounds_the_nodes_where_it_is_stated():
    loads = {("chat", ""): 0.5}
    table = table_of(
        lanes=[lane(f"M{sku}", "mixed", sku, 8, loads) for sku in ("A", "B", "C")],
        nodes=[("A", 8, 40.0, 3), ("B", 8, 50.0, None), ("C", 8, 60.0, 0)],
        required_rps={"chat": 5.0},
    )
    assert rows_of(table, "nodes_within_stock") == {
        "A": Row({("Nodes", "A"): 1.0}, -inf, 3.0),
        "C": Row({("Nodes", "C"): 1.0}, -inf, 0.0),
    }
