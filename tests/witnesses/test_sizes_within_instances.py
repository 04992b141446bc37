"""``sizes_within_instances``: a pool counts on instances that it has, and on spot on those that are there."""

from dataclasses import replace
from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of

from pdopt.capacity.table import NodeTerm

SIZED = {("Sized", ("M", 1)): 1.0, ("Sized", ("M", 2)): 2.0, ("SizedBeyond", "M"): 1.0, ("Instances", "M"): -1.0}


def table_with(sizes):
    return table_of(
        lanes=[lane("M", "mixed", "A", 8, {("chat", ""): 0.5}, sizes=sizes)],
        nodes=[("A", 8, 40.0, None)],
        required_rps={"chat": 4.0},
    )


def test_the_size_counted_on_runs():
    # 1 for the size of one, 2 for that of two, and what lies beyond
    table = table_with(((1.0, 2.5, 4.0),))
    assert rows_of(table, "sizes_within_instances") == {"M": Row(SIZED, -inf, 0.0)}


def test_instances_on_spot_count_for_the_time_they_are_there():
    table = table_with(((1.0, 2.5, 4.0),))
    terms = (NodeTerm("on_demand", 40.0), NodeTerm("spot", 9.0, spot=True, max_share=0.5, interruption=0.1))
    rows = rows_of(replace(table, nodes=(replace(table.nodes[0], terms=terms),)), "sizes_within_instances")
    # 2.5 carry the work of 2 on two instances; a twentieth of them may be away on average, so three may be needed
    with_spot = {**SIZED, ("Sized", ("M", 3)): 3.0, ("OnSpot", ("M", "spot")): 0.1}
    assert rows == {"M": Row(with_spot, -inf, 0.0)}


def test_split_dispatch_has_no_such_row():
    assert rows_of(table_with(()), "sizes_within_instances") == {}
