"""``one_size_of_a_pool``: of the sizes in a table, one; without pooled dispatch, no row."""

from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of


def table_with(sizes, rate: float):
    return table_of(
        lanes=[
            lane("M", "mixed", "A", 8, {("chat", ""): 0.5}, sizes=sizes),
            lane("N", "mixed", "A", 4, {("chat", ""): 9.0}),
        ],
        nodes=[("A", 8, 40.0, None)],
        required_rps={"chat": rate},
    )


def test_a_pool_has_one_of_the_sizes_that_it_may_need():
    # work of 3: two instances carry 2.5, three 4, so no more are needed
    table = table_with(((1.0, 2.5, 4.0, 5.5),), 6.0)
    assert rows_of(table, "one_size_of_a_pool") == {"M": Row({("Sized", ("M", n)): 1.0 for n in (1, 2, 3)}, -inf, 1.0)}


def test_split_dispatch_knows_no_sizes():
    assert rows_of(table_with((), 6.0), "one_size_of_a_pool") == {}


def test_a_pool_that_nobody_needs_has_none():
    assert rows_of(table_with(((1.0, 2.5, 4.0),), 0.0), "one_size_of_a_pool") == {}
