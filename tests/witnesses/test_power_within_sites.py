"""``power_within_sites``: kilowatts of the nodes at each site whose power is limited; no row elsewhere."""

from dataclasses import replace
from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of

TABLE = table_of(
    lanes=[lane("M", "mixed", "A", 8, {("chat", ""): 0.5}), lane("N", "mixed", "B", 4, {("chat", ""): 0.9})],
    nodes=[("A", 8, 40.0, None, 10.2), ("B", 8, 20.0, None, 6.5), ("C", 8, 30.0, None, 7.0)],
    required_rps={"chat": 5.0},
)
SITES = {"A": "paris", "B": "oslo", "C": "paris"}
NODES = tuple(replace(node, site=SITES[node.sku]) for node in TABLE.nodes)


def test_nodes_at_a_site_draw_their_kilowatts():
    table = replace(TABLE, nodes=NODES, site_power_kw={"paris": 50.0, "nowhere": 1.0})
    assert rows_of(table, "power_within_sites") == {
        "paris": Row({("Nodes", "A"): 10.2, ("Nodes", "C"): 7.0}, -inf, 50.0)
    }


def test_no_limit_no_row():
    table = replace(TABLE, nodes=NODES)
    assert rows_of(table, "power_within_sites") == {}
