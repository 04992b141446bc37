"""Limits against enumeration, their laws, and what is said when they leave no plan."""

from __future__ import annotations

import random
from itertools import product
from math import inf

import pytest

from pdopt.fleet.faults import FleetFaults
from tests.samples import answer_of, changed, cost_of, some, town
from tests.theory.test_redundancy import MOST, fleet_of, two_gpus


def limited(seed: int) -> tuple[dict, dict, dict, float]:
    """A case of two GPU types, its fleet with power, the power of each node and a limit in between."""
    rng = random.Random(seed)
    case = two_gpus(rng, spares=0)
    power = {gpu: round(rng.uniform(0.5, 3), 1) for gpu in "ab"}
    fleet = fleet_of(case)
    for gpu, sku in fleet["skus"].items():
        sku["power_kw"] = power[gpu]
    return case, fleet, power, round(rng.uniform(2, 14), 1)


def plans(case: dict):
    """Every way to carry the rate: (cost, GPUs of a, GPUs of b)."""
    carrying = {}
    for role in ("prefill", "decode"):
        counts = product(range(MOST), repeat=2)
        carrying[role] = [n for n in counts if n[0] * case[role]["a"] + n[1] * case[role]["b"] >= case["rate"]]
    for p, d in product(carrying["prefill"], carrying["decode"]):
        nodes = (p[0] + d[0], p[1] + d[1])
        yield nodes[0] * case["prices"]["a"] + nodes[1] * case["prices"]["b"], *nodes


@pytest.mark.parametrize("seed", some(range(25), first=8))
def test_cost_within_power_is_that_of_enumeration(seed):
    case, fleet, power, limit_kw = limited(seed)
    least = min((c for c, a, b in plans(case) if a * power["a"] + b * power["b"] <= limit_kw + 1e-9), default=inf)
    answer = answer_of(changed(fleet, limits={"power_kw": limit_kw}))
    assert (answer.cost_per_hour if answer.pools else inf) == pytest.approx(least)
    if answer.pools:
        assert sum(rental.power_kw for rental in answer.skus) <= limit_kw + 1e-6
    else:
        (reason,) = (r for r in answer.reasons if r.kind == "limit")
        needed = min(a * power["a"] + b * power["b"] for _, a, b in plans(case))
        assert reason.short_by == pytest.approx(needed - limit_kw, abs=1e-3)


@pytest.mark.parametrize("seed", some(range(15), first=5))
def test_cost_with_one_sku_is_that_of_enumeration(seed):
    case, fleet, *_ = limited(seed)
    least = min(c for c, a, b in plans(case) if a == 0 or b == 0)
    answer = answer_of(changed(fleet, limits={"max_skus": 1}))
    assert answer.cost_per_hour == pytest.approx(least)
    assert len(answer.skus) == 1


def test_limits_are_never_cheaper_and_loose_ones_change_nothing():
    free = cost_of(town())
    costs = [cost_of(changed(town(), limits={"max_skus": most})) for most in (1, 2, 9)]
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] == pytest.approx(free)


def test_too_few_skus_are_named():
    fleet = changed(limited(0)[1])
    del fleet["models"]["m"]["prefill"][1], fleet["models"]["m"]["decode"][0:2]  # prefill on a, decode on b only
    answer = answer_of(changed(fleet, limits={"max_skus": 1}))
    assert [(r.kind, r.limit, r.short_by) for r in answer.reasons if r.kind == "limit"] == [("limit", "max_skus", 1.0)]


def test_power_must_be_known_where_it_is_limited():
    with pytest.raises(FleetFaults) as raised:
        answer_of(changed(town(), limits={"power_kw": 100}))
    assert {fault.path for fault in raised.value.faults} == {f"skus.{name}" for name in town()["skus"]}
    assert all("needs power_kw" in fault.sentence for fault in raised.value.faults)
