"""Redundancy against enumeration, and the laws it must obey."""

from __future__ import annotations

import random
from itertools import product
from math import inf

import pytest

from tests.samples import answer_of, changed, cost_of, paper, town

MOST = 7


def two_gpus(rng: random.Random, spares: int) -> dict:
    """One workload on two GPU types, one instance a GPU; capacities per instance are read off directly."""
    prefill = {gpu: rng.uniform(3, 9) for gpu in "ab"}  # requests per second at TTFT 1 s, M/M/1: mu - 1
    decode = {gpu: rng.uniform(2, 8) for gpu in "ab"}
    return {
        "prices": {gpu: rng.randint(2, 9) for gpu in "ab"},
        "prefill": prefill,
        "decode": decode,
        "rate": rng.uniform(2, 14),
        "spares": spares,
    }


def fleet_of(case: dict) -> dict:
    decode_rows = [
        {"gpu": g, "gpus": 1, "input_tokens": 100, "output_tokens": 10, "batch": batch, "tpot_ms": tpot_ms}
        for g, rate in case["decode"].items()
        for batch, tpot_ms in ((1, 50.0), (rate, 100.0))  # at 100 ms: rate requests = rate * 10 tokens per second
    ]
    return {
        "skus": {g: {"gpu": g, "gpus": 1, "usd_per_hour": price} for g, price in case["prices"].items()},
        "models": {
            "m": {
                "prefill": [
                    {"gpu": g, "gpus": 1, "input_tokens": 100, "tokens_per_s": 100 * (rate + 1)}
                    for g, rate in case["prefill"].items()
                ],
                "decode": decode_rows,
            }
        },
        "workloads": {
            "w": {
                "model": "m",
                "input_tokens": 100,
                "output_tokens": 10,
                "requests_per_second": case["rate"],
                "slo": {"ttft_mean_ms": 1000, "tpot_mean_ms": 100},
            }
        },
        "redundancy": {"instances": case["spares"]},
    }


def least(capacity: dict, case: dict) -> float:
    """Cheapest counts of one role: each pool in use carries its part with the spares gone."""
    best = inf
    for counts in product(range(MOST + case["spares"]), repeat=2):
        carried = sum(max(n - case["spares"], 0) * capacity[g] for n, g in zip(counts, "ab", strict=True))
        if carried >= case["rate"]:
            best = min(best, sum(n * case["prices"][g] for n, g in zip(counts, "ab", strict=True)))
    return best


@pytest.mark.parametrize("seed", range(40))
def test_cost_is_that_of_enumeration(seed):
    case = two_gpus(random.Random(seed), spares=seed % 3)
    assert cost_of(fleet_of(case)) == pytest.approx(least(case["prefill"], case) + least(case["decode"], case))


@pytest.mark.parametrize("fleet", [paper, town])
def test_more_redundancy_is_never_cheaper_and_none_is_the_plain_plan(fleet):
    costs = [cost_of(changed(fleet(), redundancy={"instances": spares})) for spares in (0, 1, 2)]
    assert costs[0] == pytest.approx(cost_of(fleet()))
    assert costs == sorted(costs)
    assert costs[2] > costs[0]


def test_every_pool_has_more_instances_than_may_be_gone():
    plan = answer_of(changed(town(), redundancy={"instances": 2}))
    assert all(pool.instances > 2 for pool in plan.pools)
    assert plan.redundancy == {"instances": 2}
