"""What a plan over periods says at a glance."""

from __future__ import annotations

import pytest
from tests.samples import answer_of, changed
from tests.theory.small import fleet_of

from pdopt.render.plan import answer_lines
from pdopt.render.text import show

CASE = {"prices": {"a": 10}, "prefill": {"a": 5.0}, "decode": {"a": 5.0}}


def day(**changes) -> dict:
    fleet = changed(fleet_of(CASE, {"night": 5, "early": 5, "day": 15}), periods={"night": 8, "early": 4, "day": 12})
    fleet["skus"]["a"] = {
        "gpu": "a",
        "gpus": 1,
        "terms": {"year": {"kind": "reserved", "usd_per_hour": 6}, "hourly": {"usd_per_hour": 10}},
    }
    return fleet | changes


def said(fleet: dict, capsys: pytest.CaptureFixture[str]) -> list[str]:
    show(answer_lines(answer_of(fleet)))
    return capsys.readouterr().out.splitlines()


def test_the_buy_list_says_what_to_commit_and_what_to_rent_when(capsys):
    lines = said(day(), capsys)
    # 2 nodes at night, 6 by day: day is half of the time, less than the 60 % from which a commitment pays
    assert lines[0].startswith("fleet: $32.00 per hour on average, $23,360 per month (the cheapest plan, proven)")
    assert "of it: $12.00 reserved, $20.00 on demand" in lines
    (year,) = [line.split() for line in lines if line.startswith("a  ") and " year " in line]
    assert year == ["a", "year", "2", "100", "%", "60", "%", "$6.00", "$12.00", "$8,760"]
    (hourly,) = [line.split() for line in lines if " hourly " in line]
    assert hourly[:3] == ["a", "hourly", "0-4"]


def test_successive_periods_that_are_alike_are_one_row(capsys):
    lines = [" ".join(line.split()) for line in said(day(), capsys)]
    assert "night to early 12 1P1D 2 $12.00" in lines
    assert "day 12 3P3D 6 $52.00" in lines
    assert "pools in day, when most GPUs are in use (all with --json)" in lines


def test_scenarios_are_rows_with_their_probability(capsys):
    fleet = fleet_of(CASE, 5)
    fleet["scenarios"] = {"calm": {"probability": 0.75}, "rush": {"probability": 0.25, "demand": 3}}
    lines = [" ".join(line.split()) for line in said(fleet, capsys)]
    assert "calm (75 %) always 24 1P1D 2 $20.00" in lines
    assert "rush (25 %) always 24 3P3D 6 $60.00" in lines


def test_a_budget_is_told_first(capsys):
    fleet = fleet_of(CASE, 15) | {"budget": {"usd_per_hour": 45}}
    lines = said(fleet, capsys)
    assert lines[1] == "budget: $45.00 per hour; serves 66.6 % of the value asked for, 36,000 of 54,000 per hour"
    assert lines[-1].startswith(
        "proof: no plan within the budget serves more value, and none that serves it is cheaper"
    )
