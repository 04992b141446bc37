"""Preferred SKUs against enumeration: first the fewest GPUs elsewhere, then the least cost; and the laws of it."""

from __future__ import annotations

import random
from math import ceil

import pytest

from tests.samples import answer_of, changed, cost_of, some, town
from tests.theory.small import case_of, fleet_of, needs
from tests.theory.test_budget import bought, two_llms

HOURS = {"night": 9, "day": 15}


def stocked(seed: int):
    """A few nodes of a, enough nodes of two GPUs b; rates by period."""
    rng = random.Random(seed)
    case = case_of(rng)
    rates = {name: round(rng.uniform(2, 12), 2) for name in HOURS}
    fleet = changed(fleet_of(case, rates), periods=HOURS)
    stock = rng.randint(0, 6)
    fleet["skus"]["a"]["available"] = stock
    fleet["skus"]["b"]["gpus"] = 2
    return case, rates, stock, fleet


def best(case: dict, rate: float, stock: int) -> tuple[int, float]:
    """GPUs held on b and dollars per hour of the plan that comes first."""
    pairs = ((a, ceil(b / 2)) for a, b in needs(case, rate) if a <= stock)
    return min((2 * b, a * case["prices"]["a"] + b * case["prices"]["b"]) for a, b in pairs)


@pytest.mark.parametrize("seed", some(range(30), first=10))
def test_gpus_elsewhere_and_cost_are_those_of_enumeration(seed):
    case, rates, stock, fleet = stocked(seed)
    wanted = {name: best(case, rate, stock) for name, rate in rates.items()}
    gpus, usd = (sum(HOURS[name] * pair[i] for name, pair in wanted.items()) / 24 for i in (0, 1))
    plan = answer_of(changed(fleet, limits={"prefer": "a"}))
    assert plan.status == "optimal"
    assert plan.preference.gpus_elsewhere == pytest.approx(gpus)
    assert plan.cost_per_hour == pytest.approx(usd)
    assert plan.bound_per_hour == pytest.approx(usd)
    assert cost_of(fleet) <= usd + 1e-9


def test_the_preference_costs_something_in_some_cases():
    fleets = [stocked(seed)[-1] for seed in range(12)]
    dearer = [cost_of(changed(fleet, limits={"prefer": "a"})) > cost_of(fleet) + 0.01 for fleet in fleets]
    assert 2 < sum(dearer) < 12


def test_preferring_all_or_what_is_cheapest_anyway_changes_nothing():
    fleet = town()
    free = answer_of(fleet)
    everything = answer_of(changed(fleet, limits={"prefer": list(fleet["skus"])}))
    assert everything.cost_per_hour == pytest.approx(free.cost_per_hour)
    assert everything.preference.gpus_elsewhere == 0
    alone = changed(fleet, skus={"big-node": fleet["skus"]["big-node"]})
    preferred = answer_of(changed(fleet, limits={"prefer": "big-node"}))
    assert preferred.cost_per_hour == pytest.approx(cost_of(alone))
    assert preferred.preference.gpus_elsewhere == 0


def test_more_of_what_is_preferred_never_leaves_more_elsewhere():
    fleet = changed(town(), limits={"prefer": "big-node"})
    plans = [answer_of(changed(fleet, "skus", "big-node", available=nodes)) for nodes in (0, 1, 2, 3)]
    elsewhere = [plan.preference.gpus_elsewhere for plan in plans]
    assert elsewhere == sorted(elsewhere, reverse=True)
    assert elsewhere[-1] < elsewhere[0]


def test_the_value_within_a_budget_comes_first():
    _, case, rates, value, fleet = two_llms(2)
    usd = 5.7 * case["prices"]["a"]  # five of a, or four and one that is dear
    fleet["skus"]["dear"] = {**fleet["skus"]["a"], "usd_per_hour": case["prices"]["a"] * 1.5}
    free = answer_of(changed(fleet, budget={"usd_per_hour": usd}))
    most = max(sum(value[k] * rate for k, rate in served.items()) for served, _ in bought(case, rates, usd))
    plan = answer_of(changed(fleet, budget={"usd_per_hour": usd}, limits={"prefer": "dear"}))
    assert free.budget.value_per_hour == pytest.approx(3600 * most, rel=1e-5)
    assert plan.budget.value_per_hour == pytest.approx(free.budget.value_per_hour, rel=1e-5)
    assert plan.cost_per_hour <= usd
    assert {rental.sku: rental.nodes for rental in free.skus} == {"a": 5}
    assert {rental.sku: rental.nodes for rental in plan.skus} == {"a": 4, "dear": 1}


def test_committed_nodes_elsewhere_count_all_the_time():
    """Nodes of b are cheaper by the year, but the night needs none: by the hour they are held a shorter time."""
    fleet = stocked(1)[-1]
    del fleet["skus"]["a"]
    price = fleet["skus"]["b"].pop("usd_per_hour")
    fleet["skus"]["b"]["terms"] = {
        "year": {"kind": "reserved", "usd_per_hour": price / 3},
        "hourly": {"usd_per_hour": price},
    }
    fleet["skus"]["never"] = {"gpu": "a", "gpus": 1, "usd_per_hour": 1, "available": 0}
    fleet = changed(fleet, "workloads", "m", requests_per_second={"night": 0, "day": 1})
    assert {use.term for use in answer_of(fleet).skus[0].terms} == {"year"}
    plan = answer_of(changed(fleet, limits={"prefer": "never"}))
    assert {use.term for use in plan.skus[0].terms} == {"hourly"}
    assert plan.preference.gpus_elsewhere == pytest.approx(2 * 15 / 24)
