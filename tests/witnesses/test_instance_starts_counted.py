"""``instance_starts_counted``: lanes of one shape and role are one deployment, whatever wait they are run at."""

from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of

LANES = [lane("M", "mixed", "A", 8, {("chat", ""): 0.5}), lane("N", "mixed", "A", 8, {("chat", ""): 0.3})]
DAY = {"night": (0.4, {"chat": 2.0}), "day": (0.6, {"chat": 5.0})}
DEPLOYMENT = ("llm", "mixed", "A", str(LANES[0].shape))


def test_more_instances_of_a_deployment_than_before_are_starts():
    nodes = [("A", 8, 40.0, None)]
    table = table_of(LANES, nodes, {"chat": 5.0}, DAY, instance_start_usd={"llm": 2.0})
    assert rows_of(table, "instance_starts_counted") == {
        (*DEPLOYMENT, now): Row(
            {
                ("Instances", ("M", now)): 1.0,
                ("Instances", ("N", now)): 1.0,
                ("Instances", ("M", before)): -1.0,
                ("Instances", ("N", before)): -1.0,
                ("StartedInstances", (*DEPLOYMENT, now)): -1.0,
            },
            -inf,
            0.0,
        )
        for before, now in (("day", "night"), ("night", "day"))
    }


def test_starts_that_cost_nothing_are_not_counted():
    table = table_of(LANES, [("A", 8, 40.0, None)], {"chat": 5.0}, DAY)
    assert rows_of(table, "instance_starts_counted") == {}
