"""The curve of value against money: every step against enumeration, and laws that hold of any fleet."""

from __future__ import annotations

import pytest

import pdopt
from pdopt.plan.plan import NoPlan
from tests.samples import answer_of, changed, cost_of, town
from tests.samples import fleet_of as read
from tests.theory.test_budget import bought, two_llms


def curve_of(document: dict, **options):
    return pdopt.budget_curve(read(document), **options)


def steps_of(case: dict, rates: dict, value: dict) -> list[tuple[float, float]]:
    """Cost and value of every choice of counts that no other choice matches for as little money."""
    best: dict[float, float] = {}
    for served, cost in bought(case, rates, 1e9):
        worth = 3600 * sum(value[llm] * rate for llm, rate in served.items())
        best[cost] = max(best.get(cost, 0.0), worth)
    found: list[tuple[float, float]] = []
    for cost, worth in sorted(best.items()):
        if not found or worth > found[-1][1] + 1e-6:
            found.append((cost, worth))
    return found


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (0, 2, 3, 4))])
def test_every_step_is_one_of_enumeration(seed):
    _, case, rates, value, fleet = two_llms(seed)
    curve = curve_of(fleet, steps=99)
    assert curve.exact
    assert not curve.between
    assert curve.steps[-1].cost_per_hour == pytest.approx(cost_of(fleet))
    assert [(s.cost_per_hour, s.value_per_hour) for s in curve.steps] == [
        (pytest.approx(cost), pytest.approx(worth, rel=1e-5)) for cost, worth in steps_of(case, rates, value)
    ]


def test_what_is_not_known_lies_where_it_says():
    _, case, rates, value, fleet = two_llms(3)
    curve = curve_of(fleet, steps=5)
    every = steps_of(case, rates, value)
    assert len(curve.steps) == 5
    assert not curve.exact
    known = {round(step.cost_per_hour, 6) for step in curve.steps}
    assert known < {round(cost, 6) for cost, _ in every}
    for cost, worth in every:
        if round(cost, 6) not in known:
            (gap,) = [g for g in curve.between if g.from_usd_per_hour < cost < g.to_usd_per_hour]
            assert gap.value_per_hour - 1e-3 <= worth <= gap.value_at_most_per_hour + 1e-3


@pytest.mark.slow
def test_more_money_never_serves_less_and_the_last_step_is_the_plain_plan():
    document = changed(town(), "workloads", "search", value=3)
    curve = curve_of(document, steps=4)
    values = [step.value_per_hour for step in curve.steps]
    assert values == sorted(values)
    assert curve.steps[-1].cost_per_hour == pytest.approx(cost_of(town()))
    assert curve.everything_per_hour == pytest.approx(cost_of(town()))
    assert set(curve.steps[-1].workloads.values()) == {1.0}
    assert curve.steps[0].cost_per_hour == 0
    assert curve.steps[0].served == 0


def test_amounts_are_answered_as_a_budget_is():
    *_, fleet = two_llms(2)
    curve = curve_of(fleet, amounts=[40.0, 25.0, 40.0])
    assert [step.budget_per_hour for step in curve.steps] == [25, 40]
    for step in curve.steps:
        plan = answer_of(changed(fleet, budget={"usd_per_hour": step.budget_per_hour}))
        assert step.cost_per_hour == pytest.approx(plan.cost_per_hour)
        assert step.value_per_hour == pytest.approx(plan.budget.value_per_hour)


def test_steps_add_up_to_what_is_bought():
    *_, fleet = two_llms(1)
    curve = curve_of(fleet, steps=6)
    held: dict = {}
    for before, step in zip((None, *curve.steps), curve.steps, strict=False):
        for more in step.adds:
            held[more.sku, more.term] = held.get((more.sku, more.term), 0.0) + more.mean_nodes
        assert {key: n for key, n in held.items() if n} == {(b.sku, b.term): b.nodes for b in step.buys}
        if before is not None:
            usd = step.cost_per_hour - before.cost_per_hour
            tokens = step.million_tokens_per_hour - before.million_tokens_per_hour
            assert step.more_value_per_usd == pytest.approx((step.value_per_hour - before.value_per_hour) / usd)
            if tokens > 0:
                assert step.usd_per_million_tokens_more == pytest.approx(usd / tokens)


def pair(**second) -> dict:
    """Two LLMs on nodes of a dollar: each takes one node for prefill and decode for every 5 requests per second."""
    shape = {"gpu": "a", "gpus": 1, "input_tokens": 100}
    mixed = [{**shape, "output_tokens": 10, "requests_per_s": 5, "ttft_mean_ms": 500, "tpot_mean_ms": 50}]
    lengths = {"input_tokens": 100, "output_tokens": 10, "slo": {"ttft_mean_ms": 900, "tpot_mean_ms": 90}}
    return {
        "skus": {"a": {"gpu": "a", "gpus": 1, "usd_per_hour": 1}},
        "models": {"first": {"mixed": mixed}, "second": {"mixed": mixed}},
        "workloads": {
            "dear": {"model": "first", "requests_per_second": 5, "value": 9, **lengths},
            "cheap": {"model": "second", "requests_per_second": 10, "value": 1, **lengths, **second},
        },
    }


def test_the_bend_by_hand():
    """A node serves 5 requests per second worth 9, two more 10 worth 1: 45 of 55 for 1 of 3 dollars."""
    curve = curve_of(pair())
    assert curve.exact
    assert [step.cost_per_hour for step in curve.steps] == pytest.approx([0, 1, 2, 3])
    assert [step.value_per_hour / 3600 for step in curve.steps] == pytest.approx([0, 45, 50, 55])
    assert curve.knee.cost_per_hour == pytest.approx(1)
    assert (curve.knee.money, curve.knee.value) == pytest.approx((1 / 3, 45 / 55))
    assert (curve.knee.before_per_usd, curve.knee.after_per_usd) == pytest.approx((45 * 3600, 5 * 3600))
    assert {e.workload: (e.any_usd_per_hour, e.all_usd_per_hour) for e in curve.entrances} == {
        "dear": (pytest.approx(1), pytest.approx(1)),
        "cheap": (pytest.approx(1), pytest.approx(2)),
    }


def test_a_straight_line_has_no_bend():
    assert curve_of(pair(value=9)).knee is None


def test_a_priority_is_served_before_value():
    document = pair()
    document["workloads"]["dear"]["priority"] = 2
    curve = curve_of(document, amounts=[1.0, 2.0, 3.0])
    assert [step.workloads["cheap"] for step in curve.steps] == pytest.approx([1 / 2, 1, 1], abs=1e-5)


def test_what_is_owed_is_paid_in_any_case():
    curve = curve_of(pair(min_served=0.5), amounts=[0.5, 1.0, 2.0])
    assert curve.owed_per_hour == pytest.approx(1)
    assert curve.too_little == (0.5,)
    assert [step.workloads["cheap"] for step in curve.steps] == pytest.approx([1 / 2, 1 / 2], abs=1e-5)


def test_no_money_serves_more_than_the_stock():
    document = changed(pair(), "skus", "a", available=2)
    curve = curve_of(document)
    assert curve.exact
    assert curve.everything_per_hour is None
    assert curve.steps[-1].cost_per_hour == pytest.approx(2)
    assert curve.most_served == pytest.approx(10 / 15)


def test_what_is_owed_beyond_the_stock_is_no_plan():
    answer = curve_of(changed(pair(min_served=1.0), "skus", "a", available=1))
    assert isinstance(answer, NoPlan)
    assert answer.status == "infeasible"


def test_the_stated_budget_is_one_of_the_questions():
    curve = curve_of({**pair(min_served=0.2), "budget": {"usd_per_hour": 2.4}}, steps=2)
    assert curve.stated_per_hour == pytest.approx(2.4)
    assert curve.steps[0].cost_per_hour == pytest.approx(1)  # for a fifth of cheap, which is owed
    assert any(step.cost_per_hour == pytest.approx(2) and step.budget_per_hour >= 2.4 for step in curve.steps)


@pytest.mark.parametrize(
    "more",
    [{"limits": {"prefer": ["a"]}}, {"risk": "worst_case", "scenarios": {"base": {"probability": 1}}}],
)
def test_what_is_not_minimised_is_refused(more):
    with pytest.raises(ValueError, match="least money that serves as much"):
        curve_of({**pair(), **more})
