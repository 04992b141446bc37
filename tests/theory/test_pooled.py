"""Pooled dispatch: tables against sums, plans against enumeration, and laws."""

from __future__ import annotations

import random
from itertools import product
from math import log

import numpy as np
import pytest

from pdopt.capacity import pooled
from pdopt.capacity.erlang import erlang_c, spare
from pdopt.capacity.lanes import lane_table
from pdopt.capacity.prefill import PrefillTask
from pdopt.fleet.fleet import Target
from pdopt.plan.forward.pooled import Queues, waiting
from pdopt.plan.forward.queue import Arrivals
from pdopt.solving.highs import PROVEN
from tests.samples import changed, cost_of, fleet_of, paper, some, town, village
from tests.theory import pooling
from tests.theory.small import case_of, least
from tests.theory.small import fleet_of as small_fleet

POOLED = {"dispatch": "pooled"}


def mean_task(service_s: float, cv2: float = 1.0, wait_s: float = 1.0, dp: int = 1) -> PrefillTask:
    return PrefillTask(service_s, cv2, 0.1, dp, (Target("ttft", "mean", 0.1 + service_s + wait_s),))


@pytest.mark.parametrize("n", [1, 2, 5, 16, 40])
@pytest.mark.parametrize("rho", [0.05, 0.5, 0.9, 0.999])
def test_both_erlang_formulas_are_the_sum(n, rho):
    exact = pooling.erlang_c(n, n * rho)
    assert float(erlang_c(np.array([float(n)]), np.array([n * rho]))[0]) == pytest.approx(exact, rel=1e-9)
    assert waiting(n, rho) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("cv2", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("dp", [1, 4])
def test_one_workload_fills_the_table_exactly(cv2, dp):
    wait_s, task = 0.3, mean_task(0.5, cv2, 0.3, dp)
    residual = (task.residual_s, task.residual_s)
    (slope,) = pooled.slopes(wait_s, residual, dp)
    sizes = pooled.mean_wait_sizes(wait_s, residual, slope, dp)
    for n in (1, 2, 3, 8, 32):
        rate = sizes[n - 1] / pooled.mean_wait_load(task, wait_s, slope)
        assert pooling.wait(n * dp, [(rate, 0.5, cv2)]) == pytest.approx(wait_s, rel=1e-6)


def test_one_instance_is_split_dispatch():
    fleet = paper()
    for slo in ({"ttft_mean_ms": 900}, {"ttft_p95_ms": 1900}, {"ttft_mean_ms": 900, "ttft_p99_ms": 2500}):
        document = changed(fleet, "workloads", "chat", slo={**slo, "tpot_mean_ms": 20})
        split, together = (
            lane_table(fleet_of(changed(document, assumptions={"dispatch": d}))) for d in ("split", "pooled")
        )
        most = [
            max(
                min(lane.carried(i, 1) / load for i, load in enumerate(loads))
                for lane in table.lanes
                if lane.role == "prefill"
                for loads in lane.loads.values()
            )
            for table in (split, together)
        ]
        assert most[0] == pytest.approx(most[1], rel=1e-9)


@pytest.mark.parametrize("residual_per_wait", [0.003, 0.1, 1.0, 7.0])
def test_each_further_instance_carries_more_than_the_last(residual_per_wait):
    """So that the last step is on the safe side beyond the table, and lanes may be left out for others."""
    for n in range(1, 200):
        three = np.array([n, n + 1.0, n + 2.0])
        loads = pooled._loads_at(three, residual_per_wait)
        assert loads[2] - loads[1] >= loads[1] - loads[0] - 1e-9


@pytest.mark.parametrize("n", [2, 3, 8, 40, 400])
def test_the_limit_of_a_mix_bends_inwards(n):
    """So that a tangent lies within, and golden section finds the least: a (n - a) / C is convex."""
    load = np.linspace(0.02 * n, 0.999 * n, 400)
    edge = load * spare(np.full_like(load, n), load)
    finite = edge[np.isfinite(edge) & (edge < 1e9)]
    assert (np.diff(finite, 2) >= -1e-9 * abs(finite[1:-1])).all()


@pytest.mark.parametrize("seed", range(20))
def test_no_mix_within_a_table_waits_longer(seed):
    rng = random.Random(seed)
    dp, wait_s = rng.choice([1, 1, 2, 4]), rng.uniform(0.05, 3)
    tasks = [mean_task(rng.uniform(0.02, 2), rng.choice([0, 0.5, 1]), wait_s, dp) for _ in range(rng.randint(2, 4))]
    residuals = min(t.residual_s for t in tasks), max(t.residual_s for t in tasks)
    tightest = []
    for slope in pooled.slopes(wait_s, residuals, dp):
        sizes = pooled.mean_wait_sizes(wait_s, residuals, slope, dp)
        for n, _ in product((1, 2, 4, 9, 25), range(20)):
            shares = [rng.expovariate(1) for _ in tasks]
            shares = shares if rng.random() < 0.7 else [float(i == 0) for i in range(len(tasks))]
            loads = [pooled.mean_wait_load(task, wait_s, slope) for task in tasks]
            scale = sizes[n - 1] / sum(s * load for s, load in zip(shares, loads, strict=True))
            mix = [(scale * s, t.service_s, t.cv2) for s, t in zip(shares, tasks, strict=True)]
            tightest.append(pooling.wait(n * dp, mix) / wait_s)
    assert 0.5 < max(tightest) <= 1 + 1e-6


@pytest.mark.parametrize(("n", "tail"), [(1, 0.05), (2, 0.05), (6, 0.01), (16, 0.5)])
def test_percentiles_of_one_exponential_workload_are_exact(n, tail):
    task = PrefillTask(0.4, 1.0, 0.1, 1, (Target("ttft", f"p{100 - 100 * tail:g}", 0.1 + 0.4 * log(1 / tail) * 1.4),))
    time_s = task.targets[0].bound_s - 0.1
    exact = pooling.carried(n, lambda a: pooling.sojourn_tail(n, a, 0.4, time_s) <= tail)
    assert pooled.tail_sizes([task])[n - 1] == pytest.approx(exact, rel=1e-4)
    seen = Queues([Arrivals(exact / n / 0.4, 0.4, 1.0)], n, [Arrivals(exact / n / 0.4, 0.4, 1.0)])
    assert seen.percentile_s(seen.each[0], tail) == pytest.approx(time_s, rel=1e-4)


def needs(case: dict, rate: float) -> float:
    """Cheapest counts: of each pool as many as M/M/n keeps a mean TTFT of 1 s with, all pools of a role together."""

    def together(role: str, a: int, b: int) -> float:
        if role == "decode":
            return a * case[role]["a"] + b * case[role]["b"]
        return sum(mmn(case[role][gpu] + 1, count) for gpu, count in (("a", a), ("b", b)))

    costs = []
    for role in ("prefill", "decode"):
        counts = list(product(range(14), repeat=2))
        enough = [(a, b) for a, b in counts if together(role, a, b) >= rate * (1 - 1e-9)]
        costs.append(least(a * case["prices"]["a"] + b * case["prices"]["b"] for a, b in enough))
    return sum(costs)


def mmn(mu: float, n: int) -> float:
    """Requests per second that n servers with one line carry within a mean time of 1 s."""
    if n == 0:
        return 0.0
    return mu * pooling.carried(n, lambda a: pooling.wait(n, [(a * mu, 1 / mu, 1.0)]) <= 1 - 1 / mu)


@pytest.mark.parametrize("seed", some(range(12), first=5))
def test_enumeration_of_one_workload_on_two_gpus(seed):
    rng = random.Random(seed)
    case, rate = case_of(rng), rng.uniform(2, 30)
    assert cost_of({**small_fleet(case, rate), "assumptions": POOLED}) == pytest.approx(needs(case, rate))


@pytest.mark.parametrize("seed", range(6))
def test_enumeration_by_period(seed):
    """What is rented on demand follows the periods: the cost is that of each alone, by its hours."""
    rng = random.Random(100 + seed)
    case, rates = case_of(rng), {"night": rng.uniform(0.5, 6), "day": rng.uniform(6, 28)}
    document = {**small_fleet(case, 1.0), "assumptions": POOLED, "periods": {"night": 10, "day": 14}}
    document["workloads"]["m"]["requests_per_second"] = rates
    expected = (10 * needs(case, rates["night"]) + 14 * needs(case, rates["day"])) / 24
    assert cost_of(document) == pytest.approx(expected)


@pytest.mark.parametrize("seed", some(range(8), first=5))
def test_enumeration_with_instances_gone(seed):
    """A pool of n carries what n - 1 do; with one GPU type, any number of pools could be had, and one is best."""
    rng = random.Random(200 + seed)
    case = case_of(rng, "a")
    rate, price, part = rng.uniform(1, 25), case["prices"]["a"], rng.choice([1.0, 0.7])
    mu, each = case["prefill"]["a"] + 1, case["decode"]["a"]
    prefill = next(n for n in range(2, 40) if mmn(mu, n - 1) >= part * rate and mmn(mu, n) >= rate)
    decode = next(n for n in range(2, 40) if each * (n - 1) >= part * rate and each * n >= rate)
    document = {**small_fleet(case, rate), "assumptions": POOLED, "redundancy": {"instances": 1, "serve": part}}
    assert cost_of(document) == pytest.approx(price * (prefill + decode))


@pytest.mark.parametrize("fleet", some([paper, village, town], first=2))
@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"margins": {"demand": 0.1, "prefill": 0.05}},
        {"uncertainty": {"workloads": 1, "deviation": 0.2}},
        {"redundancy": {"instances": 1}},
        {"redundancy": {"nodes": 1, "serve": 0.8}},
        {"assumptions": {"prefill_service_cv2": 0.2, "decode_load": "open"}},
    ],
)
def test_one_line_is_never_dearer(fleet, asked):
    split = {**fleet(), **asked}
    together = {**split, "assumptions": {**asked.get("assumptions", {}), **POOLED}}
    assert cost_of(together) <= cost_of(split) * (1 + PROVEN)
