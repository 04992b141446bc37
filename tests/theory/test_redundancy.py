"""Redundancy against enumeration, and the laws it must obey."""

from __future__ import annotations

import random
from itertools import product
from math import gcd, inf

import pytest

from pdopt.capacity.spares import on_a_node
from tests.samples import answer_of, changed, cost_of, paper, some, town

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


def carried(capacity: dict, counts: tuple[int, ...], spares: int, part: float = 1.0) -> float:
    """What pools of one role carry: each all of it with all running, and the part that must survive without spares."""
    left = (min(n, max(n - spares, 0) / part) * capacity[g] for n, g in zip(counts, "ab", strict=True))
    return sum(left)


def least(capacity: dict, case: dict, part: float = 1.0) -> float:
    """Cheapest counts of one role: each pool in use carries its part with the spares gone."""
    best = inf
    for counts in product(range(MOST + case["spares"]), repeat=2):
        if carried(capacity, counts, case["spares"], part) >= case["rate"]:
            best = min(best, sum(n * case["prices"][g] for n, g in zip(counts, "ab", strict=True)))
    return best


@pytest.mark.parametrize("seed", some(range(40), first=13))
def test_cost_is_that_of_enumeration(seed):
    case = two_gpus(random.Random(seed), spares=seed % 3)
    assert cost_of(fleet_of(case)) == pytest.approx(least(case["prefill"], case) + least(case["decode"], case))


@pytest.mark.parametrize("fleet", [paper, town])
def test_more_redundancy_is_never_cheaper_and_none_is_the_plain_plan(fleet):
    costs = [cost_of(changed(fleet(), redundancy={"instances": spares})) for spares in (0, 1, 2)]
    assert costs[0] == pytest.approx(cost_of(fleet()))
    assert costs == sorted(costs)
    assert costs[2] > costs[0]


@pytest.mark.parametrize("seed", some(range(20), first=6))
def test_a_part_of_the_load_costs_what_enumeration_says(seed):
    """Each pool carries all of its load with all running, and the part that must survive without the spares."""
    case = two_gpus(random.Random(seed), spares=1 + seed % 2)
    part = (0.5, 0.8, 0.95)[seed % 3]
    fleet = changed(fleet_of(case), "redundancy", serve=part)
    assert cost_of(fleet) == pytest.approx(sum(least(case[role], case, part) for role in ("prefill", "decode")))


@pytest.mark.parametrize("fleet", [paper, town])
def test_serving_less_after_a_loss_is_never_dearer(fleet):
    costs = [cost_of(changed(fleet(), redundancy={"instances": 2, "serve": part})) for part in (0.2, 0.6, 0.9, 1.0)]
    assert costs == sorted(costs)
    assert costs[0] < costs[-1]
    assert costs[-1] == pytest.approx(cost_of(changed(fleet(), redundancy={"instances": 2})))


@pytest.mark.parametrize(("instance", "node"), [(g, n) for g in range(1, 13) for n in (1, 2, 4, 8, 12)])
def test_instances_on_a_node_are_those_of_every_layout(instance, node):
    """A row of instances from any GPU whose number both sizes agree on, over as many nodes as it takes to repeat."""
    gpus = instance * node
    met = 0
    for start in range(0, node, gcd(instance, node)):
        owner = [None] * start + [gpu // instance for gpu in range(2 * gpus)]
        met = max(met, *(len(set(owner[i : i + node]) - {None}) for i in range(0, 2 * gpus, node)))
    assert on_a_node(instance, node) == met


@pytest.mark.parametrize(
    ("instance", "node", "met"), [(1, 8, 8), (4, 8, 2), (8, 8, 1), (16, 8, 1), (12, 8, 2), (3, 8, 4)]
)
def test_instances_on_a_node_by_hand(instance, node, met):
    assert on_a_node(instance, node) == met


def on_nodes(case: dict, gpus: int, billing: str = "node") -> dict:
    """The fleet on nodes of several GPUs, of which one may be gone."""
    fleet = changed(fleet_of(case), redundancy={"nodes": 1})
    for sku in fleet["skus"].values():
        sku |= {"gpus": gpus, "billing": billing}
    return fleet


@pytest.mark.parametrize("seed", some(range(20), first=6))
def test_a_node_costs_as_much_as_all_the_instances_it_holds(seed):
    """By GPU, prices are those of the node over its GPUs, and a node still holds as many as it is large."""
    gpus = 2 + seed % 2
    case = two_gpus(random.Random(seed), spares=gpus)
    cost = sum(least(case[role], case) for role in ("prefill", "decode")) / gpus
    assert cost_of(on_nodes(case, gpus, "gpu")) == pytest.approx(cost)


@pytest.mark.parametrize("seed", some(range(12), first=5))
def test_whole_nodes_that_may_be_gone_cost_what_enumeration_says(seed):
    """All counts of four pools, packed on whole nodes; every pool that is used loses a node's worth of instances."""
    gpus = 2
    case = two_gpus(random.Random(seed), spares=gpus)
    enough = {
        role: [n for n in product(range(MOST + gpus), repeat=2) if carried(case[role], n, gpus) >= case["rate"]]
        for role in ("prefill", "decode")
    }
    costs = [
        sum(-(-(p[i] + d[i]) // gpus) * case["prices"][g] for i, g in enumerate("ab"))
        for p, d in product(enough["prefill"], enough["decode"])
    ]
    assert cost_of(on_nodes(case, gpus)) == pytest.approx(min(costs))


@pytest.mark.parametrize("fleet", [paper, town])
def test_more_nodes_that_may_be_gone_are_never_cheaper_and_cost_more_than_instances(fleet):
    costs = [cost_of(changed(fleet(), redundancy={"nodes": nodes})) for nodes in (0, 1, 2)]
    assert costs == sorted(costs)
    assert costs[1] >= cost_of(changed(fleet(), redundancy={"instances": 1})) - 1e-6
    assert costs[1] == pytest.approx(cost_of(changed(fleet(), redundancy={"instances": 1, "nodes": 1})))


def test_every_pool_has_more_instances_than_may_be_gone():
    plan = answer_of(changed(town(), redundancy={"instances": 2}))
    assert all(pool.instances > 2 for pool in plan.pools)
    assert plan.redundancy == {"instances": 2}
