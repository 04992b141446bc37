"""Uncertainty against enumeration of every choice of deviating workloads, and the laws it must obey."""

from __future__ import annotations

import random
from itertools import combinations, product
from math import inf

import numpy as np
import pytest
from scipy.optimize import linprog

from tests.samples import answer_of, changed, cost_of, some, town

LENGTHS = {"u": (100, 30), "v": (200, 20), "w": (300, 10)}  # of none of them the measurements serve another
MOST = 16


def random_case(seed: int) -> dict:
    """Three workloads that share ordinary instances on two GPU types; capacities are requests per second."""
    rng = random.Random(seed)
    return {
        "prices": {gpu: rng.randint(3, 9) for gpu in "ab"},
        "capacity": {gpu: {name: rng.uniform(2, 8) for name in LENGTHS} for gpu in "ab"},
        "rates": {name: rng.uniform(1, 7) for name in LENGTHS},
        "deviation": {name: rng.choice([0.0, 0.2, 0.5, 0.9]) for name in LENGTHS},
        "together": seed % 4,
        "spares": rng.choice([0, 0, 1]),
    }


def fleet_of(case: dict) -> dict:
    rows = [
        {
            **{"gpu": gpu, "gpus": 1, "input_tokens": LENGTHS[name][0], "output_tokens": LENGTHS[name][1]},
            **{"requests_per_s": rate, "ttft_mean_ms": 100 if rate < capacity else 1000, "tpot_mean_ms": 10},
        }
        for gpu, capacities in case["capacity"].items()
        for name, capacity in capacities.items()
        for rate in (capacity / 10, capacity)
    ]
    return {
        "skus": {gpu: {"gpu": gpu, "gpus": 1, "usd_per_hour": price} for gpu, price in case["prices"].items()},
        "models": {"m": {"mixed": rows}},
        "workloads": {
            name: {
                **{"model": "m", "input_tokens": LENGTHS[name][0], "output_tokens": LENGTHS[name][1]},
                **{"requests_per_second": rate, "slo": {"ttft_mean_ms": 1000, "tpot_mean_ms": 50}},
            }
            for name, rate in case["rates"].items()
        },
        "redundancy": {"instances": case["spares"]},
        "uncertainty": {"workloads": case["together"], "deviation": case["deviation"]},
    }


def carried(case: dict, counts: tuple[int, int]) -> bool:
    """Whether some split of the rates loads no pool too much, whichever workloads deviate; a row for each choice."""
    names, rows, room = list(LENGTHS), [], []
    for i, gpu in enumerate("ab"):
        for together in range(case["together"] + 1):
            for chosen in combinations(names, together):
                row = np.zeros((2, 3))
                for j, name in enumerate(names):
                    more = 1 + case["deviation"][name] if name in chosen else 1.0
                    row[i, j] = more / case["capacity"][gpu][name]
                rows.append(row.reshape(-1))
                room.append(max(counts[i] - case["spares"], 0))
    whole = np.hstack([np.eye(3), np.eye(3)])
    found = linprog(np.zeros(6), rows, room, whole, [case["rates"][name] for name in names])
    return found.status == 0


def enumerated(case: dict) -> float:
    best = inf
    for counts in sorted(product(range(MOST), repeat=2), key=lambda n: cost(case, n)):
        if cost(case, counts) < best and carried(case, counts):
            best = cost(case, counts)
    return best


def cost(case: dict, counts: tuple[int, int]) -> float:
    return sum(count * case["prices"][gpu] for count, gpu in zip(counts, "ab", strict=True))


@pytest.mark.parametrize("seed", some(range(48), first=16))
def test_cost_is_that_of_enumeration(seed):
    case = random_case(seed)
    least = enumerated(case)
    assert least < inf
    assert cost_of(fleet_of(case)) == pytest.approx(least)


def test_the_cases_of_the_enumeration_do_differ():
    """Protection must cost something in many of them, and less than that against all workloads in some."""
    costs = [[enumerated({**random_case(seed), "together": n}) for n in range(4)] for seed in range(1, 24, 2)]
    assert sum(one[0] < one[1] for one in costs) >= 3
    assert sum(one[1] < one[3] for one in costs) >= 3


def protected(together: int, deviation: object = 0.3) -> dict:
    return changed(town(), uncertainty={"workloads": together, "deviation": deviation})


def test_none_that_deviates_is_the_plain_plan():
    assert cost_of(protected(0)) == pytest.approx(cost_of(town()))
    assert cost_of(protected(3, 0.0)) == pytest.approx(cost_of(town()))


@pytest.mark.parametrize("together", [5, 99])
def test_all_that_deviate_are_a_margin_on_demand(together):
    assert cost_of(protected(together)) == pytest.approx(cost_of(changed(town(), margins={"demand": 0.3})))


def test_more_that_deviate_are_never_cheaper():
    costs = [cost_of(protected(together, 0.6)) for together in range(4)]
    assert costs == sorted(costs)
    assert costs[0] < costs[1] < costs[3]


def test_deviating_further_is_never_cheaper():
    costs = [cost_of(protected(1, deviation)) for deviation in (0.0, 0.1, 0.4, 1.0)]
    assert costs == sorted(costs)
    assert costs[0] < costs[-1]


def test_one_that_deviates_is_no_dearer_than_its_own_margin():
    """Town's chat alone may bring more: as if all of its demand were larger."""
    alone = changed(town(), "workloads", "chat", requests_per_second=9 * 1.4)
    assert cost_of(protected(1, {"chat": 0.4})) == pytest.approx(cost_of(alone))


def test_uncertainty_adds_to_redundancy_and_margins():
    caution = {"redundancy": {"nodes": 1, "serve": 0.9}, "margins": {"demand": 0.1, "decode": 0.05}}
    costs = [cost_of(changed(protected(together), **caution)) for together in (0, 1, 9)]
    assert costs == sorted(costs)
    margin = {**caution["margins"], "demand": 1.1 * 1.3 - 1}
    assert costs[-1] == pytest.approx(cost_of(changed(town(), **{**caution, "margins": margin})))


@pytest.mark.parametrize(("together", "instances"), [(0, 7), (1, 9), (2, 10)])
def test_a_pool_on_spot_nodes_is_protected_by_those_that_are_there(together, instances):
    """Six instances' worth of work, eight if one deviates, nine if both do; of n on spot nodes 0.9 n are there."""
    case = {"prices": {"a": 2}, "rates": {"u": 4.0, "v": 2.0}, "spares": 0, "together": together}
    case |= {"capacity": {"a": dict.fromkeys("uv", 1.0)}, "deviation": dict.fromkeys("uv", 0.5)}
    spot = {"spot": {"usd_per_hour": 1, "interruption": 0.1}, "on_demand": {"usd_per_hour": 2}}
    plan = answer_of(changed(fleet_of(case), "skus", "a", usd_per_hour=None, terms=spot))
    assert plan.cost_per_hour == pytest.approx(instances)
    assert [(pool.instances, pool.on_spot) for pool in plan.pools] == [(instances, {"spot": instances})]
