"""``carbon_within_limit``: CO2 of all nodes, averaged over the time; no row without a limit."""

from dataclasses import replace
from math import inf

import pytest
from tests.samples import lane, table_of
from tests.witness import rows_of

from pdopt.capacity.table import NodeTerm

TABLE = table_of(
    lanes=[lane("M", "mixed", "A", 8, {("chat", ""): 0.5}), lane("N", "mixed", "B", 4, {("chat", ""): 0.9})],
    nodes=[("A", 8, 40.0, None), ("B", 8, 20.0, None)],
    required_rps={"chat": 5.0},
    slots={"night": (0.4, {"chat": 2.0}), "day": (0.6, {"chat": 5.0})},
)
YEAR = NodeTerm("year", 25.0, committed=True)
NODES = (replace(TABLE.nodes[0], kg_per_h=3.0), replace(TABLE.nodes[1], kg_per_h=0.5, terms=(YEAR,)))


def test_nodes_emit_for_their_part_of_the_time_and_committed_ones_always():
    table = replace(TABLE, nodes=NODES, carbon_kg_per_h=7.0)
    (row,) = rows_of(table, "carbon_within_limit").values()
    expected = {("Nodes", ("A", "night")): 1.2, ("Nodes", ("A", "day")): 1.8, ("Committed", ("B", "year")): 0.5}
    assert row.coefficients == pytest.approx(expected)
    assert row[1:] == (-inf, 7.0)


def test_no_limit_and_nothing_emitted_no_row():
    table = replace(TABLE, nodes=NODES)
    assert rows_of(table, "carbon_within_limit") == {}
    assert rows_of(replace(TABLE, carbon_kg_per_h=7.0), "carbon_within_limit") == {}
