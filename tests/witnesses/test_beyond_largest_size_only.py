"""``beyond_largest_size_only``: instances beyond the table count only on top of its largest size."""

from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of


def rows(sizes, rate: float):
    table = table_of(
        lanes=[lane("M", "mixed", "A", 8, {("chat", ""): 0.5}, sizes=sizes)],
        nodes=[("A", 8, 40.0, None)],
        required_rps={"chat": rate},
    )
    return rows_of(table, "beyond_largest_size_only")


def test_beyond_the_table_only_with_its_largest_size():
    # work of 6: the largest size of 3 carries 4, each further one 1.5, so 5 are enough and 2 lie beyond
    coefficients = {("SizedBeyond", "M"): 1.0, ("Sized", ("M", 3)): -2.0}
    assert rows(((1.0, 2.5, 4.0),), 12.0) == {"M": Row(coefficients, -inf, 0.0)}


def test_within_the_table_nothing_lies_beyond():
    assert rows(((1.0, 2.5, 4.0),), 4.0) == {"M": Row({("SizedBeyond", "M"): 1.0}, -inf, 0.0)}


def test_split_dispatch_has_no_such_row():
    assert rows((), 4.0) == {}
