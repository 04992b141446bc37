"""``spot_instances_within_nodes``: what runs on spot fits the spot nodes, the rest the others."""

from dataclasses import replace
from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of

from pdopt.capacity.table import NodeTerm, NodeType

SPOT = (NodeTerm("on_demand", 40.0), NodeTerm("spot", 12.0, spot=True, max_share=0.3, interruption=0.1))
LANES = [lane("M", "mixed", "A", 8, {("chat", ""): 0.5}), lane("N", "mixed", "A", 4, {("chat", ""): 0.9})]
TABLE = replace(table_of(LANES, [], {"chat": 5.0}), nodes=(NodeType("A", 8, 40.0, None, terms=SPOT),))


def test_instances_on_spot_fit_the_spot_nodes_and_the_others_the_others():
    table = TABLE
    on_spot = {("OnSpot", ("M", "spot")): 8.0, ("OnSpot", ("N", "spot")): 4.0}
    assert rows_of(table, "spot_instances_within_nodes") == {
        ("A", "spot"): Row({**on_spot, ("Nodes", ("A", "spot")): -8.0}, -inf, 0.0)
    }
    rest = {name: -gpus for name, gpus in on_spot.items()}
    assert rows_of(table, "instances_within_nodes") == {
        "A": Row({("Instances", "M"): 8.0, ("Instances", "N"): 4.0, **rest, ("Nodes", "A"): -8.0}, -inf, 0.0)
    }


def test_an_instance_on_spot_carries_work_nine_tenths_of_the_time():
    assert rows_of(TABLE, "load_within_instances")["M", 0] == Row(
        {("Routed_rps", ("M", "chat", "")): 0.5, ("Instances", "M"): -1.0, ("OnSpot", ("M", "spot")): 0.1}, -inf, 0.0
    )


def test_a_fleet_without_spot_has_no_such_row():
    table = table_of(LANES, [("A", 8, 40.0, None)], {"chat": 5.0})
    assert rows_of(table, "spot_instances_within_nodes") == {}
