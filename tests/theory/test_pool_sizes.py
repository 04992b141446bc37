"""Least pool sizes against enumeration, their laws, and what is said when they leave no plan."""

from __future__ import annotations

import random
from itertools import product
from math import inf

import pytest

from tests.samples import answer_of, changed, cost_of, some, town
from tests.theory.test_redundancy import MOST, fleet_of, two_gpus


def plans(case: dict, least: int):
    """Every way to carry the rate with pools that are empty or large enough: (cost, GPUs)."""
    spares = case["spares"]
    allowed = [0, *range(max(least, 1), MOST + 4 + spares)]
    sides = []
    for role in ("prefill", "decode"):
        counts = product(allowed, repeat=2)
        sides.append(
            [
                n
                for n in counts
                if sum(max(x - spares, 0) * case[role][g] for x, g in zip(n, "ab", strict=True)) >= case["rate"]
            ]
        )
    for p, d in product(*sides):
        nodes = (p[0] + d[0], p[1] + d[1])
        yield sum(n * case["prices"][g] for n, g in zip(nodes, "ab", strict=True)), sum(nodes)


@pytest.mark.parametrize("seed", some(range(24), first=8))
def test_cost_is_that_of_enumeration(seed):
    case = two_gpus(random.Random(seed), spares=seed % 2)
    least = seed % 4 + 2
    answer = answer_of(changed(fleet_of(case), limits={"min_pool_instances": least}))
    assert answer.cost_per_hour == pytest.approx(min(cost for cost, _ in plans(case, least)))
    assert min(pool.instances for pool in answer.pools) >= least


def test_the_cases_are_of_both_kinds():
    """The least size decides in some of them and not in others."""
    dearer = []
    for seed in range(24):
        case = two_gpus(random.Random(seed), spares=seed % 2)
        free, bound = (min(cost for cost, _ in plans(case, least)) for least in (1, seed % 4 + 2))
        dearer.append(bound > free)
    assert 4 < sum(dearer) < 20


@pytest.mark.parametrize("seed", some(range(8), first=5))
def test_too_little_stock_for_it_is_told(seed):
    """As many nodes as the free plan needs, of the only GPU type there is; the least size is what must give way."""
    case = two_gpus(random.Random(seed), spares=0)
    fleet = changed(fleet_of(case))
    del fleet["skus"]["b"]
    counts = [int(-(-case["rate"] // case[role]["a"])) for role in ("prefill", "decode")]
    fleet["skus"]["a"]["available"] = sum(counts)
    least = min(counts) + 2
    answer = answer_of(changed(fleet, limits={"min_pool_instances": least}))
    assert answer.status == "infeasible"
    (reason,) = [r for r in answer.reasons if r.limit == "min_pool_instances"]
    assert reason.short_by == 2
    assert answer_of(changed(fleet, limits={"min_pool_instances": least - 2})).cost_per_hour < inf


def test_larger_pools_are_never_cheaper_and_one_is_no_limit():
    costs = [cost_of(changed(town(), limits={"min_pool_instances": least})) for least in (1, 2, 3, 5)]
    assert costs[0] == pytest.approx(cost_of(town()))
    assert costs == sorted(costs)
    assert costs[-1] > costs[0]


def test_pools_are_empty_or_large_in_every_period():
    fleet = changed(town(), periods={"night": 10, "day": 14}, limits={"min_pool_instances": 3})
    fleet["workloads"]["chat"]["requests_per_second"] = {"night": 1, "day": 9}
    plan = answer_of(fleet)
    assert {pool.period for pool in plan.pools} == {"night", "day"}
    assert min(pool.instances for pool in plan.pools) >= 3
