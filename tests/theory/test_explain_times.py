"""Explanations of fleets with periods, scenarios, terms and starts: what adds up, and prices checked by solving."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from pdopt.cli.app import app
from tests.samples import answer_of, changed, cost_of, paper, village
from tests.theory.test_explain import explained

PERIODS = {"night": 10, "day": 14}
TERMS = {"reserved": {"usd_per_hour": 24, "kind": "reserved", "available": 1}, "on_demand": {"usd_per_hour": 40}}


def varied(**chat) -> dict:
    """Two LLMs on two GPU types, one workload that sleeps at night."""
    fleet = {**village(), "periods": PERIODS}
    return changed(fleet, "workloads", "chat", requests_per_second={"night": 2, "day": 12}, **chat)


def with_terms(fleet: dict) -> dict:
    return changed(fleet, "skus", "big-node", usd_per_hour=None, terms=TERMS)


FLEETS = {
    "periods": varied(),
    "terms": with_terms(village()),
    "periods and terms": with_terms(varied()),
    "starts": changed(varied(), "skus", "big-node", start_usd=30),
    "scenarios": {
        **with_terms(varied()),
        "scenarios": {"low": {"probability": 0.5}, "high": {"probability": 0.5, "demand": {"chat": 1.5}}},
    },
}


@pytest.mark.parametrize("name", FLEETS)
def test_shares_add_up_to_the_cost_over_time(name):
    explanation = explained(FLEETS[name], "workloads")
    assert sum(share.usd_per_hour for share in explanation.workloads) == pytest.approx(explanation.cost_per_hour)
    assert explanation.unused_usd_per_hour == pytest.approx(0, abs=1e-9)
    assert all(share.usd_per_hour > 0 for share in explanation.workloads)


def test_a_workload_that_runs_by_day_pays_for_the_day():
    """On its own SKU by the hour: seven nodes of 60 by day and three at night, all its own."""
    fleet = {**paper(tokens_per_minute=None, requests_per_second={"night": 4, "day": 12}), "periods": PERIODS}
    (chat,) = explained(fleet, "workloads").workloads
    assert chat.usd_per_hour == pytest.approx((10 * 3 + 14 * 7) / 24 * 60)


@pytest.mark.parametrize("name", ["periods", "periods and terms"])
def test_prices_over_time_hold_just_below_and_not_just_above(name):
    fleet = FLEETS[name]
    for sku in explained(fleet, "prices").skus:
        price = sku.break_even_usd_per_hour.most
        assert sku.break_even_usd_per_hour.exact
        plans = [
            answer_of(changed(fleet, "skus", sku.sku, usd_per_hour=price * factor, terms=None))
            for factor in (0.999, 1.001)
        ]
        without = cost_of(changed(fleet, "skus", sku.sku, available=0))
        assert plans[0].cost_per_hour < without - 1e-6
        assert plans[1].cost_per_hour == pytest.approx(without)
        assert sku.sku not in {rental.sku for rental in plans[1].skus}


def test_a_term_that_is_short_tells_what_more_of_it_saves():
    fleet = FLEETS["periods and terms"]
    path = "skus.big-node.terms.reserved.available"
    explanation = explained(fleet, "limits")
    found = [e for e in (*explanation.effects, *explanation.slack) if e.changes[0]["set"] == path]
    assert found
    assert any(effect.saves_at_least > 0 for effect in found)
    for effect in found:
        more = changed(fleet, "skus", "big-node", "terms", "reserved", available=effect.changes[0]["to"])
        assert effect.cost_changes_by.most == pytest.approx(cost_of(more) - cost_of(fleet))


def test_a_budget_is_not_explained(tmp_path):
    fleet = {**paper(), "budget": {"usd_per_hour": 300}}
    with pytest.raises(ValueError, match="has a budget"):
        explained(fleet, "limits")
    file = Path(tmp_path, "fleet.yaml")
    file.write_text(yaml.safe_dump(fleet), encoding="utf-8")
    result = CliRunner().invoke(app, ["explain", str(file)])
    assert result.exit_code == 2
    assert "leave it out" in result.stderr


def test_a_short_term_is_remedied_in_its_own_key():
    terms = {"reserved": {**TERMS["reserved"], "available": 3}, "on_demand": {"usd_per_hour": 60, "available": 2}}
    fleet = changed(paper(), "skus", "node", usd_per_hour=None, terms=terms)
    stock = [reason for reason in answer_of(fleet).reasons if reason.kind == "stock"]
    assert {reason.remedy[0]["set"] for reason in stock} == {
        "skus.node.terms.reserved.available",
        "skus.node.terms.on_demand.available",
    }
    assert all(reason.verified for reason in stock)


def test_what_a_budget_lacks_is_verified():
    """All of the demand takes eight nodes; under a budget it must be asked for to be due."""
    fleet = {**paper(min_served=1.0), "budget": {"usd_per_hour": 400}}
    (short,) = (reason for reason in answer_of(fleet).reasons if reason.limit == "budget")
    assert short.verified
    assert short.remedy == ({"set": "budget.usd_per_hour", "from": 400.0, "to": pytest.approx(480.0, abs=0.01)},)
