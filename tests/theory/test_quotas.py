"""Quotas against enumeration, their laws, and what is said when they leave no plan."""

from __future__ import annotations

import random
from itertools import product
from math import ceil, inf

import pytest

from tests.samples import answer_of, changed, cost_of, some, town
from tests.theory.small import case_of, fleet_of, least

LLMS = ("first", "second")


def shared(seed: int):
    """Two LLMs on nodes of two GPUs a and of one GPU b; quotas on one LLM's a, and on all nodes of a or b."""
    rng = random.Random(seed)
    case = case_of(rng)
    rates = {llm: round(rng.uniform(2, 9), 2) for llm in LLMS}
    fleet = fleet_of(case, rates, LLMS)
    fleet["skus"]["a"]["gpus"] = 2
    fleet["sites"] = {"paris": {}, "oslo": {}}
    for gpu, site in (("a", "paris"), ("b", "oslo")):
        fleet["skus"][gpu]["site"] = site
    most = {"first on a": rng.randint(0, 5), "all on a": rng.randint(2, 11), "nodes of b": rng.randint(2, 11)}
    quotas = {
        "first on a": {"models": "first", "gpu": "a", "gpus": most["first on a"]},
        "all on a": {"site": "paris", "gpus": most["all on a"]},
        "nodes of b": {"skus": ["b"], "nodes": most["nodes of b"]},
    }
    return case, rates, most, changed(fleet, quotas=quotas)


def plans(case: dict, rates: dict):
    """Every way to carry both: (dollars per hour, GPUs a of the first, nodes of a, nodes of b)."""
    for first, second in product(*(per_site(case, rates[llm]) for llm in LLMS)):
        nodes = ceil((first[0] + second[0]) / 2), first[1] + second[1]
        yield nodes[0] * case["prices"]["a"] + nodes[1] * case["prices"]["b"], first[0], *nodes


def within(plan: tuple, most: dict) -> bool:
    _, first, a, b = plan
    return first <= most["first on a"] and 2 * a <= most["all on a"] and b <= most["nodes of b"]


def per_site(case: dict, rate: float):
    """GPUs (a, b) that carry a rate, each site prefilling what it decodes."""
    found = []
    for pa, da, pb, db in product(range(7), repeat=4):
        carried = sum(min(p * case["prefill"][g], d * case["decode"][g]) for g, p, d in (("a", pa, da), ("b", pb, db)))
        if carried >= rate:
            found.append((pa + da, pb + db))
    return [x for x in set(found) if not any(y != x and y[0] <= x[0] and y[1] <= x[1] for y in found)]


@pytest.mark.parametrize("seed", some(range(30), first=10))
def test_cost_is_that_of_enumeration(seed):
    case, rates, most, fleet = shared(seed)
    best = least(plan[0] for plan in plans(case, rates) if within(plan, most))
    answer = answer_of(fleet)
    assert (answer.cost_per_hour if answer.status == "optimal" else inf) == pytest.approx(best)
    if answer.status == "optimal":
        assert {quota.name: quota.most for quota in answer.quotas} == most
        assert all(quota.used <= quota.most for quota in answer.quotas)


def test_the_cases_are_of_every_kind():
    costs = []
    for seed in range(30):
        case, rates, most, _ = shared(seed)
        every = list(plans(case, rates))
        kept = [plan[0] for plan in every if within(plan, most)]
        costs.append("none" if not kept else "same" if min(kept) == min(every)[0] else "dearer")
    assert all(costs.count(kind) >= 3 for kind in ("none", "same", "dearer")), costs


@pytest.mark.parametrize("seed", some(range(12), first=5))
def test_what_a_quota_is_short_of_is_told_in_gpus(seed):
    case, rates, _, fleet = shared(seed)
    fleet["quotas"] = {"all on a": {"skus": "a", "gpus": 1}, "all on b": {"skus": "b", "gpus": 1}}
    short_a = least(2 * a for _, _, a, b in plans(case, rates) if b <= 1) - 1
    short_b = least(b for _, _, a, b in plans(case, rates) if 2 * a <= 1) - 1
    told = {reason.limit: reason for reason in answer_of(fleet).reasons if reason.kind == "limit"}
    short = {"quotas.all on a": short_a, "quotas.all on b": short_b}
    assert {name: reason.short_by for name, reason in told.items()} == short
    assert f"quotas.all on a: {short_a} GPUs short; {short_a + 1} instead of 1 GPUs" in told["quotas.all on a"].sentence


def test_quotas_are_never_cheaper_loose_ones_change_nothing_and_stock_is_a_quota():
    fleet = town()
    costs = [cost_of(changed(fleet, quotas={"small": {"skus": "small-node", "nodes": most}})) for most in (0, 1, 12)]
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] == pytest.approx(cost_of(fleet))
    stocked = changed(fleet, "skus", "small-node", available=1)
    assert costs[1] == pytest.approx(cost_of(stocked))
    assert costs[1] > costs[2]


def test_a_quota_on_llms_of_one_workload_each_and_on_both():
    """What each uses freely is enough for both alone, and the sum of it for both together."""
    fleet = town()
    free = answer_of(fleet)
    used = {
        llm: sum(pool.instances * pool.gpus_per_instance for pool in free.pools if pool.model == llm)
        for llm in ("first", "second")
    }
    alone = {llm: {"models": llm, "gpus": gpus} for llm, gpus in used.items()}
    together = {"both": {"models": list(used), "gpus": sum(used.values())}}
    assert cost_of(changed(fleet, quotas=alone)) == pytest.approx(free.cost_per_hour)
    assert cost_of(changed(fleet, quotas=together)) == pytest.approx(free.cost_per_hour)
    fewer = {"first": {"models": "first", "gpus": used["first"] - 4}}
    assert cost_of(changed(fleet, quotas=fewer)) > free.cost_per_hour


def test_a_quota_holds_in_every_period():
    fleet = changed(town(), periods={"night": 10, "day": 14}, quotas={"big": {"gpu": "big", "nodes": 1}})
    fleet["workloads"]["chat"]["requests_per_second"] = {"night": 1, "day": 9}
    plan = answer_of(fleet)
    (quota,) = plan.quotas
    (big,) = [rental for rental in plan.skus if rental.sku == "big-node"]
    assert max(holding.nodes for use in big.terms for holding in use.periods) == quota.used == 1
