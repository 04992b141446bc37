"""Sites that may be gone, against enumeration, and the laws it must obey."""

from __future__ import annotations

import random
from itertools import combinations, product
from math import inf

import numpy as np
import pytest
from scipy.optimize import linprog

from tests.samples import answer_of, changed, cost_of, some

SITES = ("east", "north", "west")
COUNTS = 9  # 0 to 8 of any kind
TTFT_S = 1.0


def split_case(seed: int) -> dict:
    """One workload, prefill and decode on a GPU type of its own in each site, no links between them."""
    rng = random.Random(seed)
    return {
        "prices": {site: rng.randint(2, 9) for site in SITES},
        "services": {site: rng.uniform(6, 9) for site in SITES},  # prefill: services per second
        "latency_s": {site: rng.choice([0.0, 0.2, 0.5]) for site in SITES},
        "decode": {site: rng.uniform(2, 6) for site in SITES},
        "rate": rng.uniform(4, 9),
        "sites": 1 + seed % 2,
        "serve": rng.choice([0.4, 0.7, 1.0]),
    }


def split_fleet(case: dict) -> dict:
    """M/M/1 at a TTFT of 1 s less the latency; a batch of which just the whole keeps the TPOT."""
    lengths = {"input_tokens": 100, "output_tokens": 10}
    prefill = [
        {"gpu": s, "gpus": 1, "input_tokens": 100, "tokens_per_s": 100 * mu} for s, mu in case["services"].items()
    ]
    decode = [
        {"gpu": s, "gpus": 1, **lengths, "batch": batch, "tpot_ms": tpot_ms}
        for s, rate in case["decode"].items()
        for batch, tpot_ms in ((1, 50.0), (rate, 100.0))
    ]
    chat = {
        **{"model": "m", **lengths, "requests_per_second": case["rate"]},
        **{"latency_ms": {s: seconds * 1e3 for s, seconds in case["latency_s"].items()}},
        **{"slo": {"ttft_mean_ms": TTFT_S * 1e3, "tpot_mean_ms": 100}},
    }
    return {
        "sites": dict.fromkeys(SITES),
        "skus": {s: {"gpu": s, "gpus": 1, "usd_per_hour": p, "site": s} for s, p in case["prices"].items()},
        "models": {"m": {"prefill": prefill, "decode": decode}},
        "workloads": {"chat": chat},
        "redundancy": {"sites": case["sites"], "serve": case["serve"]},
    }


def split_enumerated(case: dict) -> float:
    """Cheapest counts such that all sites together carry the rate, and those left its part whichever are gone."""
    offers = {}
    for site in SITES:
        prefill = case["services"][site] - 1 / (TTFT_S - case["latency_s"][site])
        pairs = [
            ((p + d) * case["prices"][site], min(p * prefill, d * case["decode"][site]))
            for p, d in product(range(COUNTS), repeat=2)
        ]
        offers[site] = [one for one in pairs if not any(c < one[0] and most >= one[1] for c, most in pairs)]
    best = inf
    for chosen in product(*(offers[site] for site in SITES)):
        cost, carried = (sum(part) for part in zip(*chosen, strict=True))
        left = (carried - sum(c for _, c in gone) for gone in combinations(chosen, case["sites"]))
        if cost < best and carried >= case["rate"] and min(left) >= case["serve"] * case["rate"] - 1e-12:
            best = cost
    return best


@pytest.mark.parametrize("seed", some(range(24), first=8))
def test_split_pools_in_three_sites_cost_what_enumeration_says(seed):
    case = split_case(seed)
    least = split_enumerated(case)
    assert least < inf
    assert cost_of(split_fleet(case)) == pytest.approx(least)


LENGTHS = {"u": (100, 30), "v": (200, 20)}


def shared_case(seed: int) -> dict:
    """Two workloads that share ordinary instances, one of them pinned to two of three sites."""
    rng = random.Random(seed)
    return {
        "prices": {site: rng.randint(3, 9) for site in SITES},
        "capacity": {site: {name: rng.uniform(2, 8) for name in LENGTHS} for site in SITES},
        "rates": {name: rng.uniform(1, 9) for name in LENGTHS},
        "pinned": rng.sample(SITES, 2),
        "serve": rng.choice([0.5, 0.8, 1.0]),
        "min_served": rng.choice([1.0, 0.9]),
        "margin": rng.choice([0.0, 0.1]),
    }


def shared_fleet(case: dict) -> dict:
    rows = [
        {
            **{"gpu": site, "gpus": 1, "input_tokens": LENGTHS[name][0], "output_tokens": LENGTHS[name][1]},
            **{"requests_per_s": rate, "ttft_mean_ms": 100 if rate < capacity else 1000, "tpot_mean_ms": 10},
        }
        for site, capacities in case["capacity"].items()
        for name, capacity in capacities.items()
        for rate in (capacity / 10, capacity)
    ]
    workloads = {
        name: {
            **{"model": "m", "input_tokens": LENGTHS[name][0], "output_tokens": LENGTHS[name][1]},
            **{"requests_per_second": rate, "slo": {"ttft_mean_ms": 1000, "tpot_mean_ms": 50}},
            **{"min_served": case["min_served"]},
        }
        for name, rate in case["rates"].items()
    }
    workloads["v"]["sites"] = case["pinned"]
    return {
        "sites": dict.fromkeys(SITES),
        "skus": {s: {"gpu": s, "gpus": 1, "usd_per_hour": p, "site": s} for s, p in case["prices"].items()},
        "models": {"m": {"mixed": rows}},
        "workloads": workloads,
        "redundancy": {"sites": 1, "serve": case["serve"]},
        "margins": {"demand": case["margin"]},
    }


def carries(case: dict, counts: tuple[int, ...], part: float) -> bool:
    """Whether some split of a part of what must be served loads no site too much."""
    rows = np.zeros((3, 6))
    for i, site in enumerate(SITES):
        rows[i, 2 * i : 2 * i + 2] = [1 / case["capacity"][site][name] for name in LENGTHS]
    bounds = [(0, 0 if name == "v" and site not in case["pinned"] else None) for site in SITES for name in LENGTHS]
    asked = [part * case["min_served"] * (1 + case["margin"]) * case["rates"][name] for name in LENGTHS]
    return linprog(np.zeros(6), rows, counts, np.hstack([np.eye(2)] * 3), asked, bounds).status == 0


def shared_enumerated(case: dict) -> float:
    def cost(counts: tuple[int, ...]) -> int:
        return sum(n * case["prices"][site] for n, site in zip(counts, SITES, strict=True))

    for counts in sorted(product(range(12), repeat=3), key=cost):
        left = [tuple(0 if j == i else n for j, n in enumerate(counts)) for i in range(3)]
        if carries(case, counts, 1.0) and all(carries(case, one, case["serve"]) for one in left):
            return cost(counts)
    return inf


@pytest.mark.parametrize("seed", some(range(16), first=5))
def test_shared_pools_and_pins_cost_what_enumeration_says(seed):
    case = shared_case(seed)
    least = shared_enumerated(case)
    assert least < inf
    assert cost_of(shared_fleet(case)) == pytest.approx(least)


def test_serving_more_after_a_loss_is_never_cheaper():
    fleet = shared_fleet(shared_case(5))
    costs = [cost_of(changed(fleet, "redundancy", sites=0))]
    costs += [cost_of(changed(fleet, "redundancy", serve=part)) for part in (0.1, 0.5, 0.9, 1.0)]
    assert costs == sorted(costs)
    assert costs[0] < costs[-1]


def test_more_sites_that_may_be_gone_are_never_cheaper():
    fleet = split_fleet({**split_case(3), "serve": 0.8})
    costs = [cost_of(changed(fleet, "redundancy", sites=sites)) for sites in (0, 1, 2)]
    assert costs == sorted(costs)
    assert costs[0] < costs[1] < costs[2]


def test_each_site_carries_everything_where_all_others_may_be_gone():
    case = {**split_case(4), "sites": 2, "serve": 1.0}
    plan = answer_of(split_fleet(case))
    assert set(plan.after_losing) == {"east and north", "east and west", "north and west"}
    for pools in plan.after_losing.values():
        assert sum(pool.serves["chat"] for pool in pools if pool.role == "decode") == pytest.approx(case["rate"])
        assert len({pool.sku for pool in pools}) == 1


def test_periods_are_survived_one_by_one():
    """Nobody needs at night what only the day asks for: the night's fleet alone costs what the night costs."""
    case = split_case(2)
    rates = {"night": case["rate"] / 2, "day": case["rate"]}
    fleet = changed(split_fleet(case), "workloads", "chat", requests_per_second=rates)
    costs = [split_enumerated({**case, "rate": rate}) for rate in rates.values()]
    plan = answer_of(changed(fleet, periods={"night": 8, "day": 16}))
    assert plan.cost_per_hour == pytest.approx(costs[0] / 3 + costs[1] * 2 / 3)
    assert {pool.period for pools in plan.after_losing.values() for pool in pools} == {"night", "day"}
