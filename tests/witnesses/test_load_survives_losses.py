"""``load_survives_losses``: with spares asked for, the work leaves them idle; without, there is no row."""

from dataclasses import replace
from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of


def table_with(m: int, n: int):
    return table_of(
        lanes=[
            lane("M", "mixed", "A", 8, {("chat", ""): 0.5}, spares=m),
            lane("N", "mixed", "A", 4, {("chat", ""): 0.9}, spares=n),
        ],
        nodes=[("A", 8, 40.0, None)],
        required_rps={"chat": 5.0},
    )


def row(name: str, work: float, gone: float) -> Row:
    routed = ("Routed_rps", (name, "chat", ""))
    return Row({routed: work, ("Used", name): gone, ("Instances", name): -1.0}, -inf, 0.0)


def test_each_pool_in_use_leaves_its_spares_idle():
    table = table_with(1, 2)
    # 0.5 x + used <= instances of M, 0.9 x + 2 used <= instances of N
    assert rows_of(table, "load_survives_losses") == {("M", 0): row("M", 0.5, 1.0), ("N", 0): row("N", 0.9, 2.0)}


def test_a_part_of_the_load_may_be_enough():
    table = replace(table_with(2, 0), serve=0.5)
    # 0.5 (0.5 x) + 2 used <= instances of M; nothing of N may be gone
    assert rows_of(table, "load_survives_losses") == {("M", 0): row("M", 0.25, 2.0)}


def test_a_fleet_without_redundancy_has_no_such_row():
    assert rows_of(table_with(0, 0), "load_survives_losses") == {}


def test_with_one_line_what_is_left_is_a_smaller_pool():
    table = table_of(
        lanes=[lane("M", "mixed", "A", 8, {("chat", ""): 0.5}, spares=1, sizes=((1.0, 2.5, 4.5),))],
        nodes=[("A", 8, 40.0, None)],
        required_rps={"chat": 12.0},
    )
    # of one nothing is left; two are one that carries 1; three are two that carry 2.5, each further one 2 more
    sized = {("Sized", ("M", 2)): -1.0, ("Sized", ("M", 3)): -2.5, ("SizedBeyond", "M"): -2.0}
    assert rows_of(table, "load_survives_losses") == {
        ("M", 0): Row({("Routed_rps", ("M", "chat", "")): 0.5, **sized}, -inf, 0.0)
    }
