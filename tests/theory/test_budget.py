"""Budgets against enumeration: the most value the money buys, then the least cost."""

from __future__ import annotations

import random
from itertools import product

import pytest

from tests.samples import answer_of, changed, some
from tests.theory.small import case_of, fleet_of


def two_llms(seed: int):
    rng = random.Random(seed)
    case = case_of(rng, "a")
    rates = {llm: round(rng.uniform(4, 14), 2) for llm in ("first", "second")}
    value = {llm: rng.choice([0.5, 1.0, 2.0, 3.5]) for llm in rates}
    fleet = fleet_of(case, rates, ("first", "second"))
    for llm in rates:
        fleet["workloads"][llm]["value"] = value[llm]
    return rng, case, rates, value, fleet


def bought(case: dict, rates: dict, usd: float):
    """Every choice of counts within the money: (rate served by LLM, dollars per hour)."""
    for counts in product(range(7), repeat=4):
        cost = sum(counts) * case["prices"]["a"]
        if cost <= usd:
            served = {
                llm: min(rates[llm], p * case["prefill"]["a"], d * case["decode"]["a"])
                for llm, p, d in (("first", *counts[:2]), ("second", *counts[2:]))
            }
            yield served, cost


@pytest.mark.parametrize("seed", some(range(25), first=8))
def test_value_and_cost_are_those_of_enumeration(seed):
    rng, case, rates, value, fleet = two_llms(seed)
    usd = rng.uniform(2, 9) * case["prices"]["a"]
    plan = answer_of(changed(fleet, budget={"usd_per_hour": usd}))
    worth = [
        (sum(value[llm] * rate for llm, rate in served.items()), -cost) for served, cost in bought(case, rates, usd)
    ]
    most, cost = max((round(w, 9), c) for w, c in worth)
    assert plan.status == "optimal"
    assert plan.budget.value_per_hour == pytest.approx(3600 * most, rel=1e-5)
    assert plan.cost_per_hour == pytest.approx(-cost)
    assert plan.budget.wanted_value_per_hour == pytest.approx(3600 * sum(value[k] * rates[k] for k in rates))


@pytest.mark.parametrize("seed", some(range(12), first=5))
def test_the_first_priority_is_served_first_whatever_the_value(seed):
    rng, case, rates, _, fleet = two_llms(seed)
    fleet["workloads"]["first"]["priority"] = 2
    usd = rng.uniform(2, 9) * case["prices"]["a"]
    plan = answer_of(changed(fleet, budget={"usd_per_hour": usd}))
    best = max((round(served["second"], 6), round(served["first"], 6)) for served, _ in bought(case, rates, usd))
    got = {promise.name: promise.served_rps for promise in plan.workloads}
    assert (got["second"], got["first"]) == pytest.approx(best, rel=1e-5)


def test_never_below_min_served_and_the_shortage_is_told_in_dollars():
    _, case, rates, _, fleet = two_llms(1)
    fleet = changed(fleet, "workloads", "first", min_served=0.9)
    enough = min(cost for served, cost in bought(case, rates, 1e9) if served["first"] >= 0.9 * rates["first"])
    short = answer_of(changed(fleet, budget={"usd_per_hour": enough - 1.5}))
    assert short.status == "infeasible"
    (reason,) = [r for r in short.reasons if r.limit == "budget"]
    assert reason.short_by == pytest.approx(1.5, abs=0.01)
    plan = answer_of(changed(fleet, budget={"usd_per_hour": enough}))
    assert plan.workloads[0].served_rps >= 0.9 * rates["first"] * (1 - 1e-6)


def test_more_money_never_buys_less_and_enough_buys_all():
    *_, fleet = two_llms(4)
    every = answer_of(fleet)
    values = []
    for part in (0.2, 0.5, 0.8, 1.0):
        plan = answer_of(changed(fleet, budget={"usd_per_hour": every.cost_per_hour * part + 1e-6}))
        values.append(plan.budget.value_per_hour)
    assert values == sorted(values)
    assert values[-1] == pytest.approx(plan.budget.wanted_value_per_hour, rel=1e-5)
    assert plan.cost_per_hour == pytest.approx(every.cost_per_hour)


def test_a_budget_per_month_is_730_hours():
    *_, fleet = two_llms(4)
    hourly = answer_of(changed(fleet, budget={"usd_per_hour": 30}))
    monthly = answer_of(changed(fleet, budget={"usd_per_month": 30 * 730}))
    assert monthly.budget == hourly.budget
