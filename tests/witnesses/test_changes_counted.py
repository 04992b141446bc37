"""``changes_counted``: instances against those that run now, lanes of one shape together; no row where nobody asks."""

from dataclasses import replace
from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of

from pdopt.fleet.fleet import Changeover
from pdopt.fleet.profiles import Shape

LANES = [lane("M", "mixed", "A", 8, {("chat", ""): 0.5}), lane("N", "mixed", "A", 8, {("chat", ""): 0.3})]
SHAPE = LANES[0].shape
M, GONE = ("llm", "mixed", "A", str(SHAPE)), ("old", "mixed", "A", "4xgpu")
TABLE = table_of(LANES, [("A", 8, 40.0, None)], {"chat": 5.0})
NOW = {"always": {("llm", "mixed", "A", SHAPE): 2, ("old", "mixed", "A", Shape("gpu", 4)): 3}}


def test_more_than_now_is_added():
    table = replace(TABLE, now=NOW)
    assert rows_of(table, "changes_counted") == {
        (*M, "start"): Row({("Instances", "M"): 1.0, ("Instances", "N"): 1.0, ("AddedInstances", M): -1.0}, -inf, 2.0)
    }


def test_less_than_now_is_dropped_where_stopping_costs_something():
    table = replace(TABLE, now=NOW, changeover=Changeover(usd_per_stop=5.0))
    rows = rows_of(table, "changes_counted")
    assert rows[*M, "stop"] == Row(
        {("Instances", "M"): -1.0, ("Instances", "N"): -1.0, ("DroppedInstances", M): -1.0}, -inf, -2.0
    )
    assert rows[*GONE, "stop"] == Row({("DroppedInstances", GONE): -1.0}, -inf, -3.0)
    assert len(rows) == 3


def test_periods_are_compared_one_by_one():
    day = {"night": (0.4, {"chat": 2.0}), "day": (0.6, {"chat": 5.0})}
    now = {"night": {}, "day": NOW["always"]}
    table = replace(table_of(LANES, [("A", 8, 40.0, None)], {}, day), now=now)
    bounds = {index[4]: row.upper for index, row in rows_of(table, "changes_counted").items()}
    assert bounds == {"night": 0.0, "day": 2.0}


def test_nothing_said_of_now_no_row():
    table = replace(TABLE, changeover=Changeover(5.0, 5.0, 100.0, 3))
    assert rows_of(table, "changes_counted") == {}
