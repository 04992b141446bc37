"""Answers as text: nothing is cut, nothing crashes, whatever the names."""

from __future__ import annotations

import copy

import pytest
from tests.samples import answer_of, changed, paper, town

from pdopt.render.plan import answer_lines
from pdopt.render.text import number, percent, show, usd

ODD = ["[bold]x[/bold]", "a" * 300, "名前", "%s {0}", ":smile:", "new\nline"]


def renamed(name):
    fleet = copy.deepcopy(paper(model=name))
    fleet["skus"] = {name: fleet["skus"]["node"]}
    fleet["models"] = {name: fleet["models"]["llm"]}
    fleet["workloads"] = {name: fleet["workloads"]["chat"]}
    return changed(fleet, name=name)


def text(answer, capsys):
    show(answer_lines(answer))
    return capsys.readouterr().out


@pytest.mark.parametrize("name", ODD)
def test_names_are_shown_as_they_are(name, capsys):
    shown = text(answer_of(renamed(name)), capsys)
    assert shown.count(name.split("\n")[0]) >= 4  # title, LLM, SKU, workload
    assert "4P4D" in shown
    assert "$480.00" in shown


@pytest.mark.parametrize("name", ODD)
def test_reasons_are_shown_too(name, capsys):
    shown = text(answer_of(changed(renamed(name), "skus", name, available=7)), capsys)
    assert "no plan is possible (infeasible)" in shown
    assert "8 instead of 7 available" in shown


def test_out_of_reach(capsys):
    answer = answer_of(paper(slo={"ttft_mean_ms": 300, "tpot_mean_ms": 12}))
    shown = text(answer, capsys)
    assert "TTFT mean of 300 ms is out of reach; at best 317 ms on node" in shown  # 100 + 6144/28309 s
    assert "TPOT mean of 12 ms is out of reach; at best 12.8 ms on node" in shown


def test_a_town(capsys):
    shown = text(answer_of(town()), capsys)
    for name in town()["workloads"]:
        assert name in shown


def test_nothing_asked_for_costs_nothing(capsys):
    answer = answer_of(changed(paper(requests_per_second=0), "workloads", "chat", tokens_per_minute=None))
    assert (answer.status, answer.cost_per_hour, answer.pools) == ("optimal", 0, ())
    assert "$0.00" in text(answer, capsys)


@pytest.mark.parametrize(
    ("value", "shown"), [(0.06971, "6.9 %"), (0.07, "7 %"), (1, "100 %"), (0, "0 %"), (0.9599, "95.9 %")]
)
def test_percentages_are_rounded_down(value, shown):
    assert percent(value) == shown


@pytest.mark.parametrize(("value", "shown"), [(12.52003, "12.52"), (1234.5, "1,234"), (0.00012345, "0.0001234")])
def test_numbers(value, shown):
    assert number(value) == shown


@pytest.mark.parametrize(("value", "shown"), [(480, "$480.00"), (123456.7, "$123,456.70"), (0, "$0.00")])
def test_dollars(value, shown):
    assert usd(value) == shown
