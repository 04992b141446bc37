"""``nodes_at_least``: nodes rented in any case; no row where none are wanted."""

from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of


def test_nodes_wanted_in_any_case():
    loads = {("chat", ""): 0.5}
    table = table_of(
        lanes=[lane(f"M{sku}", "mixed", sku, 8, loads) for sku in ("A", "B")],
        nodes=[("A", 8, 40.0, 3, None, 2), ("B", 8, 50.0, None, None, 0), ("C", 8, 60.0, None, None, 1)],
        required_rps={"chat": 5.0},
    )
    assert rows_of(table, "nodes_at_least") == {
        "A": Row({("Nodes", "A"): 1.0}, 2.0, inf),
        "C": Row({("Nodes", "C"): 1.0}, 1.0, inf),
    }
