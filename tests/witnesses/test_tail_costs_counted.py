"""``tail_costs_counted``: a scenario costs at most the threshold and what is beyond it; all are below it at alpha 1."""

from dataclasses import replace
from math import inf

import pytest
from tests.samples import lane, table_of
from tests.witness import Row, rows_of

from pdopt.capacity.table import NodeTerm, NodeType
from pdopt.fleet.fleet import Risk

LANES = [lane("M", "mixed", "A", 8, {("chat", ""): 0.5})]


def two_scenarios(risk):
    table = table_of(
        LANES, [], {"chat": 5.0}, {"calm": (0.75, {"chat": 2.0}), "rush": (0.25, {"chat": 9.0})}, risk=risk
    )
    slots = tuple(replace(slot, whens=((slot.name, "always"),)) for slot in table.slots)
    terms = (NodeTerm("reserved", 30.0, committed=True), NodeTerm("on_demand", 40.0))
    return replace(table, slots=slots, nodes=(NodeType("A", 8, 40.0, None, terms=terms),))


def costs(name):
    return {("Committed", ("A", "reserved")): pytest.approx(30.0), ("Nodes", ("A", name)): pytest.approx(40.0)}


def test_each_scenario_costs_the_threshold_and_an_excess():
    table = two_scenarios(Risk(weight=0.5, alpha=0.8))
    assert rows_of(table, "tail_costs_counted") == {
        name: Row({**costs(name), ("Threshold", None): -1.0, ("BeyondThreshold", name): -1.0}, -inf, 0.0)
        for name in ("calm", "rush")
    }


def test_only_the_dearest_counts_at_alpha_one():
    table = two_scenarios(Risk(weight=1.0, alpha=1.0))
    assert rows_of(table, "tail_costs_counted") == {
        name: Row({**costs(name), ("Threshold", None): -1.0}, -inf, 0.0) for name in ("calm", "rush")
    }


def test_without_risk_there_is_no_such_row():
    table = two_scenarios(Risk())
    assert rows_of(table, "tail_costs_counted") == {}
