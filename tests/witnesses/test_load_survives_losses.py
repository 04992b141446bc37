"""``load_survives_losses``: with spares asked for, the work leaves them idle; without, there is no row."""

from dataclasses import replace
from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of

TABLE = table_of(
    lanes=[lane("M", "mixed", "A", 8, {("chat", ""): 0.5}), lane("N", "mixed", "A", 4, {("chat", ""): 0.9})],
    nodes=[("A", 8, 40.0, None)],
    required_rps={"chat": 5.0},
)


def test_two_instances_of_each_pool_in_use_may_be_gone():
    table = replace(TABLE, spare_instances=2)
    # 0.5 x + 2 used <= instances of M, 0.9 x + 2 used <= instances of N
    assert rows_of(table, "load_survives_losses") == {
        ("M", 0): Row(
            {("Routed_rps", ("M", "chat", "")): 0.5, ("Used", "M"): 2.0, ("Instances", "M"): -1.0}, -inf, 0.0
        ),
        ("N", 0): Row(
            {("Routed_rps", ("N", "chat", "")): 0.9, ("Used", "N"): 2.0, ("Instances", "N"): -1.0}, -inf, 0.0
        ),
    }


def test_a_fleet_without_redundancy_has_no_such_row():
    assert rows_of(TABLE, "load_survives_losses") == {}
