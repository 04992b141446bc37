"""Pooled dispatch: predicted waits and promised targets against simulated pools."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from pdopt.capacity.lanes import lane_table
from pdopt.plan.forward.pooled import Queues
from pdopt.plan.forward.queue import Arrivals
from pdopt.solving.solve import solve
from tests.samples import changed, fleet_of, paper
from tests.theory.pooling import central_waits, least_work_waits, services, shortest_line_waits

REQUESTS = 80_000


def arrivals_of(n: int, busy: float, seed: int) -> tuple[np.random.Generator, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng, rng.exponential(1 / (n * busy), REQUESTS)


def queues_of(n: int, *each: Arrivals) -> Queues:
    return Queues(list(each), n, list(each))


def test_a_router_that_knows_the_work_left_makes_one_line():
    rng, gaps = arrivals_of(3, 0.8, 1)
    works = services(rng, REQUESTS, 0.5)
    assert least_work_waits(gaps, works, 3) == pytest.approx(central_waits(gaps, works, 3), abs=1e-6)


@pytest.mark.parametrize("cv2", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("n", "busy"), [(2, 0.6), (4, 0.8), (8, 0.85)])
def test_waits_are_those_of_a_simulated_line(n, busy, cv2):
    rng, gaps = arrivals_of(n, busy, 2)
    works = services(rng, REQUESTS, cv2)
    waits = central_waits(gaps, works, n)[REQUESTS // 20 :]
    times, own = waits + works[REQUESTS // 20 :], Arrivals(busy, 1.0, cv2)
    queues = queues_of(n, own)
    assert queues.wait_s() == pytest.approx(waits.mean(), rel=0.12)
    assert queues.percentile_s(own, 0.05) == pytest.approx(np.quantile(times, 0.95), rel=0.08)
    assert queues.percentile_s(own, 0.01) == pytest.approx(np.quantile(times, 0.99), rel=0.12)


def test_short_and_long_requests_share_a_line():
    n, rng = 4, np.random.default_rng(3)
    works = np.where(rng.random(REQUESTS) < 0.8, 0.5, 3.0)  # a mean of 1 s
    waits = central_waits(rng.exponential(1 / (n * 0.8), REQUESTS), works, n)[REQUESTS // 20 :]
    queues = queues_of(n, Arrivals(0.64, 0.5, 0.0), Arrivals(0.16, 3.0, 0.0))
    assert queues.wait_s() == pytest.approx(waits.mean(), rel=0.1)


def test_a_router_that_counts_requests_waits_longer():
    """What the documentation warns of: with variable service, counting requests is not knowing their work."""
    rng, gaps = arrivals_of(8, 0.9, 4)
    works = services(rng, REQUESTS, 1.0)
    times = shortest_line_waits(gaps, works, 8) + works
    assert 1.03 < times.mean() / (queues_of(8, Arrivals(0.9, 1.0, 1.0)).wait_s() + 1) < 1.3


@pytest.mark.parametrize(("cv2", "slo"), [(0.0, {"ttft_mean_ms": 500}), (1.0, {"ttft_p95_ms": 1500})])
def test_a_full_pool_keeps_its_target_in_the_simulation(cv2, slo):
    """Filled to what the lane table carries; the target is near, and split dispatch would miss it by far."""
    document = changed(paper(), "workloads", "chat", slo={**slo, "tpot_mean_ms": 20})
    document["assumptions"] = {"dispatch": "pooled", "prefill_service_cv2": cv2}
    fleet, n = fleet_of(document), 4
    lanes = [lane for lane in lane_table(fleet).lanes if lane.sizes]
    rate = max(
        min(lane.carried(i, n) / load for i, load in enumerate(loads))
        for lane in lanes
        for loads in lane.loads.values()
    )
    profile = document["models"]["llm"]["prefill"][0]
    service_s = 6144 / profile["tokens_per_s"]
    rng = np.random.default_rng(5)
    gaps, works = rng.exponential(1 / rate, REQUESTS), service_s * services(rng, REQUESTS, cv2)
    times = 0.1 + (central_waits(gaps, works, n) + works)[REQUESTS // 20 :]
    found = times.mean() if "ttft_mean_ms" in slo else np.quantile(times, 0.95)
    target = next(iter(slo.values())) / 1000
    assert found == pytest.approx(target, rel=0.06)
    alone = 0.1 + service_s + rate / n * service_s**2 * (1 + cv2) / 2 / (1 - rate / n * service_s)
    assert (alone if cv2 == 0 else 0.1 + log(20) * (alone - 0.1)) > 1.3 * target


def test_the_paper_needs_one_instance_less():
    """Of 12.52 requests/s three instances with one line keep 2 s; with lines of their own the third would be over."""
    split, pooled = (solve(fleet_of({**paper(), "assumptions": {"dispatch": d}})) for d in ("split", "pooled"))
    counts = [next(p.instances for p in plan.pools if p.role == "prefill") for plan in (split, pooled)]
    assert counts == [4, 3]
