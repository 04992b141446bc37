"""Decode under random arrivals: capacity and forecast against queues whose answers are known."""

from __future__ import annotations

from math import prod, sqrt

import numpy as np
import pytest
from tests.samples import PAPER_CURVE

from pdopt.capacity.open_arrivals import open_throughput_tps
from pdopt.fleet.fleet import Target
from pdopt.plan.forward.arrivals import open_tpot_s

PAPER = tuple((float(b), t / 1e3) for b, t in PAPER_CURVE)


def capacity(points, bound_s, statistic="mean"):
    batches, tpot_s = zip(*points, strict=True)
    return open_throughput_tps(
        tuple(map(float, batches)), tuple(map(float, tpot_s)), Target("tpot", statistic, bound_s)
    )


def test_as_many_servers_as_requests():
    """M/M/infinity: with the same TPOT at every batch nobody waits for anybody. 100 of 1000 slots are in use."""
    points = ((1.0, 0.02), (1000.0, 0.02))
    assert open_tpot_s(points, 5000.0, None) == pytest.approx(0.02)
    assert open_tpot_s(points, 5000.0, 0.01) == pytest.approx(0.02)
    assert capacity(points, 0.0201) > 40_000


@pytest.mark.parametrize("points", [((1.0, 0.02),), ((1.0, 0.02), (8.0, 0.16))])
def test_one_slot_is_one_server(points):
    """M/M/1, also where TPOT is in proportion to the batch: mean 0.02 / (1 - rho), 0.04 s at rho = 1/2 or 25 tok/s."""
    assert open_tpot_s(points, 25.0, None) == pytest.approx(0.04)
    assert capacity(points, 0.04) == pytest.approx(25.0)
    assert open_tpot_s(points, 49.9999, None) == pytest.approx(0.02 / (1 - 49.9999 / 50))
    assert open_tpot_s(points, 50.0, None) == float("inf")


@pytest.mark.parametrize("points", [((1.0, 0.02),), ((1.0, 0.02), (8.0, 0.16))])
def test_percentiles_of_one_slot(points):
    """Arrivals find n others with chance (1 - rho) rho^n and get 0.02 (n + 1): 90 % within 0.06 needs rho^3 = 0.1."""
    load = 0.1 ** (1 / 3) / 0.02
    assert capacity(points, 0.06, "p90") == pytest.approx(load)
    assert open_tpot_s(points, load * 0.9999, 0.1) == pytest.approx(0.06)
    assert open_tpot_s(points, load * 1.0001, 0.1) == pytest.approx(0.08)


def test_two_slots_by_hand():
    """10 and 15 ms, then 7.5 n. At 100 tok/s the states weigh 1, 1, 3/4, 9/16 …: 5 together, 16 times requests.

    That is 3.2 requests in the mean, or 32 ms. Half of the arrivals are within 15 ms where, with x = load / 100,
    1.5 x² - 0.25 x - 1 = 0.
    """
    points = ((1.0, 0.010), (2.0, 0.015))
    assert open_tpot_s(points, 100.0, None) == pytest.approx(0.032)
    assert capacity(points, 0.032) == pytest.approx(100.0)
    assert capacity(points, 0.015, "p50") == pytest.approx(100 * (0.25 + sqrt(6.0625)) / 3)


def test_the_papers_curve():
    """1665.7 tok/s at 20 ms, where a steady batch yields 1714.3."""
    assert capacity(PAPER, 0.020) == pytest.approx(1665.7, abs=0.05)
    assert open_tpot_s(PAPER, capacity(PAPER, 0.020), None) == pytest.approx(0.020)


@pytest.mark.parametrize("load", [300.0, 1200.0, 1665.7, 2100.0])
def test_the_papers_curve_state_by_state(load):
    """Batches 0 to 400, each weighed by its product; no series, no logarithm."""

    def tpot(n):
        return float(np.interp(n, *zip(*PAPER, strict=True))) if n <= 60 else n * 0.0262 / 60

    weights = [prod(load * tpot(k) / k for k in range(1, n + 1)) for n in range(401)]
    mean = sum(n * w for n, w in enumerate(weights)) / sum(weights) / load
    assert open_tpot_s(PAPER, load, None) == pytest.approx(mean)
    met = sorted((tpot(n + 1), w) for n, w in enumerate(weights))
    for tail in (0.5, 0.1, 0.01):
        seen, quantile = 0.0, None
        for time, weight in met:
            seen += weight
            if seen >= (1 - tail) * sum(weights):
                quantile = time
                break
        assert open_tpot_s(PAPER, load, tail) == pytest.approx(quantile)


def test_below_the_smallest_measured_batch_its_tpot_holds():
    assert open_tpot_s(PAPER, 1e-6, None) == pytest.approx(0.0128)
    assert open_tpot_s(PAPER, 0.0, None) == pytest.approx(0.0128)


def test_a_step_costs_what_a_steady_batch_hides():
    """From batch 33 on TPOT doubles: a steady batch of 32 yields 1600 tok/s at 20 ms, a breathing one much less."""
    points = ((1.0, 0.010), (32.0, 0.020), (33.0, 0.040), (64.0, 0.045))
    assert 1000 < capacity(points, 0.020) < 1500


def test_less_than_one_request_at_a_time():
    assert capacity(((0.5, 0.02),), 0.03) == 0.0
