"""Scenarios against enumeration: commit before, rent after; expected cost and the tail."""

from __future__ import annotations

import random
from itertools import product

import pytest

from tests.samples import answer_of, changed, cost_of, some
from tests.theory.small import fleet_of, least, needs
from tests.theory.test_terms import committed, rent


def uncertain(seed: int):
    rng = random.Random(100 + seed)
    case, _, reserved, stock, fleet = committed(seed)
    rate, factors = round(rng.uniform(3, 6), 2), {"low": 0.5, "base": 1.0, "high": round(rng.uniform(1.5, 2.2), 2)}
    probability = {"low": 0.25, "base": 0.5, "high": 0.25}
    prices = {gpu: sku["terms"] for gpu, sku in fleet["skus"].items()}
    fleet = fleet_of(case, rate)
    for gpu, sku in fleet["skus"].items():
        del sku["usd_per_hour"]
        sku["terms"] = prices[gpu]
    fleet["scenarios"] = {name: {"probability": probability[name], "demand": factors[name]} for name in factors}
    choices = {name: needs(case, rate * factor) for name, factor in factors.items()}
    costs = [
        {
            name: sum(n * reserved[g] for n, g in zip(have, "ab", strict=True))
            + least(rent(case, have, pair) for pair in choices[name])
            for name in factors
        }
        for have in product(*(range(stock[g] + 1) for g in "ab"))
    ]
    return fleet, probability, costs


def expected(probability: dict, cost: dict) -> float:
    return sum(probability[name] * usd for name, usd in cost.items())


def tail(probability: dict, cost: dict, alpha: float) -> float:
    """Mean of the dearest 1 - alpha."""
    left, total = 1 - alpha, 0.0
    for usd, part in sorted(((usd, probability[name]) for name, usd in cost.items()), reverse=True):
        total += min(part, left) * usd
        left -= min(part, left)
    return total / (1 - alpha)


@pytest.mark.parametrize("seed", some(range(15), first=5))
def test_expected_cost_is_that_of_enumeration(seed):
    fleet, probability, costs = uncertain(seed)
    assert cost_of(fleet) == pytest.approx(least(expected(probability, cost) for cost in costs))


@pytest.mark.parametrize("seed", some(range(10), first=5))
def test_the_worst_case_is_that_of_enumeration(seed):
    fleet, _, costs = uncertain(seed)
    plan = answer_of(changed(fleet, risk="worst_case"))
    assert plan.minimised_per_hour == pytest.approx(least(max(cost.values()) for cost in costs))
    assert plan.bound_per_hour == pytest.approx(plan.minimised_per_hour)


@pytest.mark.parametrize("seed", some(range(10), first=5))
def test_cost_and_tail_weighed_are_those_of_enumeration(seed):
    fleet, probability, costs = uncertain(seed)
    plan = answer_of(changed(fleet, risk={"weight": 0.4, "cvar": 0.6}))
    best = least(0.6 * expected(probability, cost) + 0.4 * tail(probability, cost, 0.6) for cost in costs)
    assert plan.minimised_per_hour == pytest.approx(best)


def test_the_dearest_scenario_is_never_dearer_when_it_counts():
    fleet, *_ = uncertain(2)

    def dearest(plan) -> float:
        return max(total.cost_per_hour for total in plan.periods)

    plans = [answer_of(changed(fleet, risk=risk)) for risk in (None, {"weight": 0.5, "cvar": 0.9}, "worst_case")]
    assert dearest(plans[0]) >= dearest(plans[1]) - 1e-9 >= dearest(plans[2]) - 2e-9
    assert plans[0].cost_per_hour <= plans[1].cost_per_hour + 1e-9


def test_one_sure_scenario_is_the_plain_fleet():
    fleet, *_ = uncertain(3)
    plain = changed(fleet, scenarios=None)
    sure = changed(fleet, scenarios={"base": {"probability": 1.0}})
    assert cost_of(sure) == pytest.approx(cost_of(plain))
