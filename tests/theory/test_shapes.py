"""Instances of 1, 2 and 4 GPUs against enumeration: small ones replace large ones only where nothing is lost by it."""

from __future__ import annotations

import random
from itertools import product
from math import ceil, inf

import pytest

from pdopt.capacity.lanes import every_lane, lane_table
from tests.samples import answer_of, changed, fleet_of, some

GPUS = (1, 2, 4)
HOURS = {"night": 10, "day": 14}
COUNTS = list(product(range(8), range(5), range(4)))


def sized(seed: int, node_gpus: int = 1):
    """One LLM measured on 1, 2 and 4 GPUs; what twice the GPUs carry is about twice as much."""
    rng = random.Random(seed)
    carries = {1: 1.0}
    for gpus in GPUS[1:]:
        carries[gpus] = round(carries[gpus // 2] * rng.choice([1.7, 1.95, 2.0, 2.1, 2.4]), 4)
    price = rng.randint(2, 6)
    shape = {"gpu": "g", "input_tokens": 100, "output_tokens": 10, "ttft_mean_ms": 100, "tpot_mean_ms": 20}
    rows = [{**shape, "gpus": gpus, "requests_per_s": rate} for gpus, rate in carries.items()]
    chat = {"model": "m", "input_tokens": 100, "output_tokens": 10, "slo": {"ttft_mean_ms": 200, "tpot_mean_ms": 40}}
    return (
        rng,
        carries,
        price,
        {
            "skus": {"g": {"gpu": "g", "gpus": node_gpus, "usd_per_hour": price}},
            "models": {"m": {"mixed": rows}},
            "workloads": {"w": {**chat, "requests_per_second": round(rng.uniform(1, 7), 2)}},
        },
    )


def carried(carries: dict, counts: tuple) -> float:
    return sum(n * carries[gpus] for n, gpus in zip(counts, GPUS, strict=True)) + 1e-9


def gpus_of(counts: tuple) -> int:
    return sum(n * gpus for n, gpus in zip(counts, GPUS, strict=True))


@pytest.mark.parametrize("seed", some(range(20), first=6))
def test_cost_with_least_pool_sizes_is_that_of_enumeration(seed):
    _, carries, price, fleet = sized(seed, node_gpus=4)
    least, rate = seed % 3 + 2, fleet["workloads"]["w"]["requests_per_second"]
    kept = [n for n in COUNTS if carried(carries, n) >= rate and all(x == 0 or x >= least for x in n)]
    best = min(ceil(gpus_of(n) / 4) * price for n in kept)
    assert answer_of(changed(fleet, limits={"min_pool_instances": least})).cost_per_hour == pytest.approx(best)


@pytest.mark.parametrize("seed", some(range(20), first=6))
def test_cost_within_quotas_is_that_of_enumeration(seed):
    rng, carries, price, fleet = sized(seed, node_gpus=4)
    rate = fleet["workloads"]["w"]["requests_per_second"]
    most = max(gpus_of(n) for n in COUNTS if n[1:] == (0, 0) and gpus_of(n) <= rate) + rng.randint(-1, 1)
    kept = [n for n in COUNTS if carried(carries, n) >= rate and gpus_of(n) <= most]
    best = min((ceil(gpus_of(n) / 4) * price for n in kept), default=inf)
    answer = answer_of(changed(fleet, quotas={"q": {"models": "m", "gpus": most}}))
    assert (answer.cost_per_hour if answer.pools else inf) == pytest.approx(best)


@pytest.mark.parametrize("seed", some(range(20), first=6))
def test_cost_with_starts_of_instances_is_that_of_enumeration(seed):
    """Two small instances start twice, a large one that is a little slower starts once."""
    rng, carries, price, fleet = sized(seed)
    rates = {"night": round(rng.uniform(0, 3), 2), "day": round(rng.uniform(3, 7), 2)}
    usd = rng.choice([1, 5, 20])
    fleet = changed(fleet, periods=HOURS)
    fleet["models"]["m"]["start_usd"] = usd
    fleet["workloads"]["w"]["requests_per_second"] = rates
    enough = {name: [n for n in COUNTS if carried(carries, n) >= rate] for name, rate in rates.items()}
    spent = {name: {n: HOURS[name] * price * gpus_of(n) for n in found} for name, found in enough.items()}
    best = inf
    for night, day in product(enough["night"], enough["day"]):
        rent = spent["night"][night] + spent["day"][day]
        if rent < best:
            starts = sum(abs(a - b) for a, b in zip(night, day, strict=True))  # each is stopped once and started once
            best = min(best, rent + usd * starts)
    assert answer_of(fleet).cost_per_hour == pytest.approx(best / 24)


def test_lanes_are_left_out_in_some_cases_and_fewer_where_starts_cost():
    """The enumerations are worth something only if shapes are left out, and not for all of them."""
    counts = []
    for seed in range(20):
        fleet = changed(sized(seed)[-1], periods=HOURS)
        dear = changed(fleet)
        dear["models"]["m"]["start_usd"] = 5
        dear["workloads"]["w"]["requests_per_second"] = {"night": 1, "day": 5}
        counts.append((len(lane_table(fleet_of(fleet)).lanes), len(lane_table(fleet_of(dear)).lanes)))
        assert len(every_lane(fleet_of(fleet)).lanes) == 3
    assert {plain for plain, _ in counts} == {1, 2, 3}
    assert all(wary >= plain for plain, wary in counts)
    assert any(wary > plain for plain, wary in counts)
