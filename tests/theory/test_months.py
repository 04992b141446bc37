"""Plans over months against enumeration of what is ordered when, and laws that hold of any of them."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import product
from math import ceil

import pytest

import pdopt
import pdopt.solving.goals
import pdopt.studies.months
from pdopt.plan.plan import NoPlan
from pdopt.studies.months.expand import in_month, month_of, orders_of, over_months
from tests.samples import changed, cost_of
from tests.samples import fleet_of as read

HOURS = 730


def plain(rates=None, **sections) -> dict:
    """One LLM whose instances, one a node, carry one request per second."""
    lengths = {"input_tokens": 100, "output_tokens": 10}
    mixed = {"gpu": "a", "gpus": 1, **lengths, "requests_per_s": 1, "ttft_mean_ms": 500, "tpot_mean_ms": 50}
    rates = {"night": 1.5, "day": 3.2} if rates is None else rates
    return {
        **({"periods": {"night": 12, "day": 12}} if isinstance(rates, dict) else {}),
        "skus": {
            "a": {
                "gpu": "a",
                "gpus": 1,
                "terms": {
                    "reserved": {"usd_per_hour": 2, "months": 2},
                    "on_demand": {"usd_per_hour": 3},
                },
            }
        },
        "models": {"m": {"mixed": [mixed]}},
        "workloads": {
            "chat": {
                "model": "m",
                "requests_per_second": rates,
                "slo": {"ttft_mean_ms": 900, "tpot_mean_ms": 90},
                **lengths,
            }
        },
        **sections,
    }


def planned(document: dict, **options):
    options = {"alternatives": False, **options}
    return pdopt.studies.months.plan_months(read(document), **options)


def enumerated(needs: list[tuple[int, int]], length: int, lead: int, stock: int | None = None) -> float:
    """Least dollars of needs by (night, day) and month: every choice of how many nodes begin in which month."""
    months, most = len(needs), max(map(max, needs))
    best = float("inf")
    for begun in product(range(most + 1), repeat=months - lead):
        there = [sum(begun[max(m - lead - length + 1, 0) : max(m - lead + 1, 0)]) for m in range(months)]
        if stock is not None and max(there) > stock:
            continue
        usd = 0.0
        for held, (night, day) in zip(there, needs, strict=True):
            usd += held * 2 * HOURS + (max(night - held, 0) + max(day - held, 0)) * 3 * HOURS / 2
        best = min(best, usd)
    return best


SEEDS = [
    pytest.param(seed, by_blocks, marks=[pytest.mark.slow] if seed + by_blocks > 1 else [])
    for seed in range(12)
    for by_blocks in (False, True)
]


@pytest.mark.parametrize(("seed", "by_blocks"), SEEDS)
def test_orders_are_those_of_enumeration(seed, by_blocks, monkeypatch):
    if by_blocks:
        monkeypatch.setattr(pdopt.solving.goals, "FEWEST_BLOCKS", 0)
        monkeypatch.setattr(pdopt.solving.goals, "MOMENT_S", 0.0)
    rng = random.Random(seed)
    rates = {"night": rng.uniform(0.3, 2.5), "day": rng.uniform(1, 3)}
    growth, lead, length = rng.choice([-20, 15, 30]), rng.choice([0, 1]), rng.choice([1, 2, 3])
    stock = rng.choice([None, 2])
    document = plain(rates, growth=f"{growth} %/month", months=4)
    terms = document["skus"]["a"]["terms"]
    terms["reserved"] |= {"months": length, "lead_time_months": lead} | ({"available": stock} if stock else {})
    factors = [(1 + growth / 100) ** m for m in range(4)]
    needs = [(ceil(rates["night"] * f - 1e-9), ceil(rates["day"] * f - 1e-9)) for f in factors]
    answer = planned(document)
    assert answer.status == "optimal"
    assert answer.usd == pytest.approx(enumerated(needs, length, lead, stock))
    assert sum(month.usd for month in answer.months) == pytest.approx(answer.usd)
    assert sum(answer.costs.values()) == pytest.approx(answer.usd)
    for order in answer.orders:
        assert order.from_month == order.order_month + lead
        assert order.to_month == order.from_month + length - 1
        assert order.usd + order.usd_after == pytest.approx(order.nodes * length * 2 * HOURS)


def test_other_ways_cost_what_they_cost_by_hand():
    """Nights 1.5 and 1.95, days 3.2 and 4.16, at 30 %: 2, 2 nodes by night and 4, 5 by day."""
    answer = pdopt.plan_months(read(plain(growth="30 %/month", months=2)))
    rented, reserved = 3 * HOURS / 2, 2 * HOURS
    assert answer.usd == pytest.approx(2 * 2 * reserved + (2 + 3) * rented)
    others = {other.what: other.usd for other in answer.alternatives}
    assert others["nothing committed to"] == pytest.approx((2 + 2 + 4 + 5) * rented)
    assert others["everything ordered in the first month"] == pytest.approx(answer.usd)
    assert others["the last month's nodes from the start"] == pytest.approx(2 * 5 * reserved)
    assert all(o.saved_usd == pytest.approx(o.usd - answer.usd) for o in answer.alternatives)


def test_what_is_owed_afterwards_may_be_counted():
    """Reserved for 12 months, wanted for 2: $2 all the time against $3 for two months."""
    document = plain(2.0, months=2)
    document["skus"]["a"]["terms"]["reserved"]["months"] = 12
    answer = planned(document)
    assert [(order.nodes, order.months_after) for order in answer.orders] == [(2, 10)]
    assert answer.usd_after == pytest.approx(2 * 10 * 2 * HOURS)
    counted = planned(document, owe_all=True)
    assert not counted.orders
    assert counted.usd == pytest.approx(2 * 2 * 3 * HOURS)
    document["skus"]["a"]["terms"]["reserved"] |= {"months": 3, "usd_per_hour": 1.9}  # 5.7 against 2 months at 3
    kept = planned(document, owe_all=True)
    assert (kept.usd, kept.usd_after) == pytest.approx((2 * 2 * 1.9 * HOURS, 2 * 1.9 * HOURS))
    assert kept.bound_usd == pytest.approx(kept.usd + kept.usd_after)


def test_without_growth_a_month_is_like_any_other():
    for document in (plain(), changed(plain(), "skus", "a", start_usd=0.7, min_up_hours=13)):
        answer = planned(document, months=3)
        assert answer.usd == pytest.approx(3 * HOURS * cost_of(document))
        assert len({round(month.usd, 6) for month in answer.months}) == 1


def test_more_growth_or_a_longer_wait_is_never_cheaper():
    for key, values in (("growth", [0, "10 %/month", "25 %/month"]), ("lead_time_months", [0, 1, 3])):
        usd = []
        for value in values:
            document = plain(months=3, growth="10 %/month")
            place = document if key == "growth" else document["skus"]["a"]["terms"]["reserved"]
            place[key] = value
            usd.append(pdopt.solve(over_months(read(document), 3)).cost_per_hour)
        assert usd == sorted(usd)
        assert usd[0] < usd[-1]


def test_what_a_fleet_becomes_over_months():
    document = plain(growth="20 %/month", months=3)
    document["skus"]["a"]["terms"]["owned"] = {"available": 1, "months": 2, "capex_usd": 8760, "years": 1}
    document["skus"]["a"]["terms"]["on_demand"]["lead_time_months"] = 1
    fleet = read(document)
    far = over_months(fleet, 3)
    assert [period.name for period in far.periods][:3] == ["month 1 night", "month 1 day", "month 2 night"]
    assert far.workloads["chat"].rate_rps("month 3 day") == pytest.approx(3.2 * 1.44)
    assert far.workloads["chat"].demand_rps == pytest.approx(2.35 * (1 + 1.2 + 1.44) / 3)
    terms = {term.name: term for term in far.skus["a"].terms}
    assert set(terms) == {*(f"reserved from month {m}" for m in (1, 2, 3)), "on_demand", "owned"}
    assert terms["reserved from month 2"].periods == (*month_of(fleet, 2), *month_of(fleet, 3))
    assert terms["on_demand"].periods == (*month_of(fleet, 2), *month_of(fleet, 3))
    assert terms["owned"].periods == (*month_of(fleet, 1), *month_of(fleet, 2))
    assert terms["owned"].sunk_usd_per_h == pytest.approx(2 / 3)
    assert [order.months_after for order in orders_of(fleet, 3)] == [0, 0, 1]
    assert len(in_month(fleet, 1).skus["a"].terms) == 2  # nothing is rented yet
    assert in_month(fleet, 3).workloads["chat"].demand_rps == pytest.approx(
        far.workloads["chat"].demand_rps * 1.44 / (3.64 / 3)
    )


def test_blocks_of_periods_recur_every_month():
    document = plain(months=2)
    document["skus"]["a"]["terms"]["reserved"] = {"usd_per_hour": 2, "periods": ["day"]}
    answer = planned(document)
    assert answer.usd == pytest.approx(2 * HOURS / 2 * (2 * 3 + 4 * 2))


def test_lengths_of_commitments_are_told_by_name_or_write_off():
    document = plain()
    document["skus"]["a"]["terms"] = {
        "reserved_1y": {"usd_per_hour": 2},
        "savings_3yr": {"usd_per_hour": 2},
        "commit": {"usd_per_hour": 2},
        "purchase": {"kind": "reserved", "capex_usd": 100, "years": 2.5},
        "reserved_1y_short": {"usd_per_hour": 2, "months": 6},
    }
    terms = read(document).skus["a"].terms
    assert {term.name: term.months for term in terms} == {
        "reserved_1y": 12,
        "savings_3yr": 36,
        "commit": None,
        "purchase": 30,
        "reserved_1y_short": 6,
    }


def test_the_lead_time_of_a_sku_holds_for_terms_without_their_own():
    document = plain()
    document["skus"]["a"]["lead_time_months"] = 2
    document["skus"]["a"]["terms"]["on_demand"]["lead_time_months"] = 0
    document["skus"]["a"]["terms"]["owned"] = {"available": 1}
    terms = {term.name: term.lead_months for term in read(document).skus["a"].terms}
    assert terms == {"reserved": 2, "on_demand": 0, "owned": 0}


def test_a_single_price_can_be_late_too():
    document = plain(2.0, months=2)
    document["skus"]["a"] = {"gpu": "a", "gpus": 1, "usd_per_hour": 3, "lead_time_months": 1}
    answer = planned(document)
    assert isinstance(answer, NoPlan)
    assert answer.reasons[0].sentence.startswith("month 1: what can be delivered by then is not enough")
    assert "2 a on_demand, ordered 1 month before the first" in answer.reasons[0].sentence


def test_the_stock_lasts_until_the_month_it_says():
    """3.2 requests per second by day grow by half: 3.2, 4.8, 7.2, 10.8 in month 4, beyond 8 nodes."""
    document = changed(plain(growth="50 %/month", months=2), "skus", "a", available=8)
    found = planned(document).runway
    assert found.month == 4
    assert found.why.startswith("a: 3 nodes short; 11 instead of 8")
    assert planned(changed(document, growth="0 %/month")).runway is None


def test_a_budget_is_for_all_months_together():
    document = plain(2.0, growth="50 %/month", months=2, budget={"usd_per_hour": 5})
    document["skus"]["a"]["terms"] = {"on_demand": {"usd_per_hour": 2}}
    answer = planned(document)
    assert answer.budget_usd == pytest.approx(2 * HOURS * 5)
    assert [month.served_rps for month in answer.months] == pytest.approx([2, 3], rel=1e-5)
    assert not answer.alternatives
    less = planned(changed(document, budget={"usd_per_hour": 4}))
    assert less.usd == pytest.approx(2 * HOURS * 4)
    assert sum(month.served_rps for month in less.months) == pytest.approx(4, rel=1e-5)


def test_what_is_not_proven_is_bounded_by_months_alone(monkeypatch):
    """Nights of 2, 2 and 3 nodes, days of 4, 5 and 6: reserved for two months, each month alone costs as much."""
    fleet = read(plain(growth="30 %/month", months=3))
    proven = pdopt.plan_months(fleet)
    alone = sum(pdopt.solve(in_month(fleet, month)).cost_per_hour for month in (1, 2, 3)) * HOURS
    assert alone <= proven.usd + 1e-6

    def solved(asked, *options, **more):
        plan = pdopt.solve(asked)
        far = len(asked.periods) > 2
        return plan.model_copy(update={"status": "feasible", "bound_per_hour": 1.0, "gap": 0.9}) if far else plan

    monkeypatch.setattr(pdopt.studies.months, "solve", solved)
    answer = pdopt.plan_months(fleet)
    assert answer.bound_usd == pytest.approx(min(alone, proven.usd))
    assert answer.gap == pytest.approx(1 - alone / proven.usd, abs=1e-9)
    assert answer.status == ("optimal" if alone == pytest.approx(proven.usd) else "feasible")


def test_scenarios_are_expected_month_by_month():
    document = plain(2.0, months=2, scenarios={"base": {"probability": 0.5}, "more": {"probability": 0.5, "demand": 2}})
    answer = planned(document)
    assert answer.months[0].demand_rps == pytest.approx(3)
    assert answer.usd == pytest.approx(2 * HOURS * (2 * 2 + 0.5 * 2 * 3))
    with pytest.raises(ValueError, match="weight on risk"):
        planned({**document, "risk": "worst_case"})


def test_months_must_be_said():
    with pytest.raises(ValueError, match="neither growth nor months"):
        planned(plain())


def test_money_and_months_together():
    """A curve over months: half of the money of everything serves at most what that money serves in any of them."""
    fleet = over_months(read(plain(2.0, growth="50 %/month", months=2)), 2)
    curve = pdopt.budget_curve(fleet, amounts=[2.0, 5.0])
    assert curve.everything_per_hour == pytest.approx(2 * 2.5)
    assert [step.served for step in curve.steps] == pytest.approx([1.0 / 2.5, 1.0], rel=1e-4)
    assert replace(fleet, months=None) == fleet
