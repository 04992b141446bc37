"""``starts_within_limit``: all instances added are at most so many; no row without a limit or a running plan."""

from dataclasses import replace
from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of

from pdopt.fleet.fleet import Changeover

LANES = [lane("M", "mixed", "A", 8, {("chat", ""): 0.5}), lane("N", "mixed", "B", 4, {("chat", ""): 0.3})]
TABLE = table_of(LANES, [("A", 8, 40.0, None), ("B", 4, 30.0, None)], {"chat": 5.0})
ADDED = [("AddedInstances", ("llm", "mixed", one.sku, str(one.shape))) for one in LANES]


def test_added_instances_count_together():
    table = replace(TABLE, now={"always": {}}, changeover=Changeover(max_starts=0))
    assert rows_of(table, "starts_within_limit") == {"max_starts": Row(dict.fromkeys(ADDED, 1.0), -inf, 0.0)}


def test_no_limit_or_nothing_running_no_row():
    table = replace(TABLE, now={"always": {}})
    assert rows_of(table, "starts_within_limit") == {}
    assert rows_of(replace(TABLE, changeover=Changeover(max_starts=1)), "starts_within_limit") == {}
