"""Forecasts against capacities: what an instance carries at most is where its forecast meets the target.

The two were written apart (the audit uses forecasts, the program capacities), so each is a witness of the other.
"""

from __future__ import annotations

from math import inf, log

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.samples import PAPER_CURVE

from pdopt.capacity.decode import BatchCurve, throughput_tps
from pdopt.capacity.prefill import MEANS_ONLY, PrefillTask, TailBound, loads, requirement
from pdopt.capacity.refusal import OutOfRange, Unreachable
from pdopt.fleet.fleet import Assumptions, Target
from pdopt.plan.forward.arrivals import open_tpot_s
from pdopt.plan.forward.batch import steady_tpot_s
from pdopt.plan.forward.quadratic import quadratic_tpot_s
from pdopt.plan.forward.queue import Arrivals, mean_wait_s, percentile_sojourn_s

PAPER = tuple((float(b), t / 1e3) for b, t in PAPER_CURVE)
services, variabilities = st.floats(0.01, 2.0), st.floats(0.0, 3.0)


# -- by hand ----------------------------------------------------------------------------------------------------------


def test_mean_wait_of_a_mix():
    """Second moments 1 x 0.25 x 2 and 2 x 0.04 x 1; busy 0.5 + 0.4: (0.5 + 0.08) / 2 / 0.1."""
    assert mean_wait_s([Arrivals(1, 0.5, 1), Arrivals(2, 0.2, 0)]) == pytest.approx(2.9)
    assert mean_wait_s([]) == 0
    assert mean_wait_s([Arrivals(2, 0.5, 1)]) == inf


def test_percentile_of_one_exponential_queue():
    """M/M/1 at rho = 1/2, S = 0.5: exponential with mean 1 s."""
    one = Arrivals(1.0, 0.5, 1.0)
    assert percentile_sojourn_s([one], one, 0.1) == pytest.approx(log(10))
    assert percentile_sojourn_s([one], one, 0.01) == pytest.approx(log(100))


def test_percentile_of_near_deterministic_service_by_the_tail_of_the_wait():
    """v = 0, rho = 1/2: 0.5 s of service and ln(10) x 0.25 / 0.5 of wait."""
    one = Arrivals(1.0, 0.5, 0.0)
    assert percentile_sojourn_s([one], one, 0.1) == pytest.approx(0.5 + 0.5 * log(10))


def test_tpot_of_a_steady_batch():
    assert steady_tpot_s(PAPER, 12000 / 7) == pytest.approx(0.020)  # batch 34.286
    assert steady_tpot_s(PAPER, 60 / 0.0262) == pytest.approx(0.0262)
    assert steady_tpot_s(PAPER, 60 / 0.0262 * 1.001) == inf
    assert steady_tpot_s(PAPER, 1.0) == pytest.approx(0.0128)  # nothing is known below batch 10
    assert quadratic_tpot_s(PAPER, 1690.95) == pytest.approx(0.020, abs=1e-6)


def test_tpot_where_throughput_falls():
    """8 at 10 ms yield 800; 16 at 25 ms only 640. 700 are yielded at 10 ms already."""
    assert steady_tpot_s(((8.0, 0.010), (16.0, 0.025)), 700) == pytest.approx(0.010)


# -- prefill ----------------------------------------------------------------------------------------------------------


@given(service=services, cv2=variabilities, slack=st.floats(0.01, 20), overhead=st.floats(0, 1), dp=st.integers(1, 4))
def test_mean_ttft_at_capacity_is_the_target(service, cv2, slack, overhead, dp):
    target = Target("ttft", "mean", overhead + service + slack)
    task = PrefillTask(service, cv2, overhead, dp, (target,))
    (work,) = loads(task, requirement(task, MEANS_ONLY, tails=False))
    wait_s = mean_wait_s([Arrivals(1 / work / dp, service, cv2)])
    assert overhead + wait_s + service == pytest.approx(target.bound_s)


@given(st.lists(st.tuples(services, variabilities, st.floats(0.1, 5)), min_size=1, max_size=4), st.floats(0.01, 10))
def test_mean_wait_of_a_full_shared_pool_is_the_lanes(members, wait_s):
    tasks = [PrefillTask(s, v, 0.0, 1, (Target("ttft", "mean", wait_s + s),)) for s, v, _ in members]
    work = sum(loads(t, (wait_s,))[0] * rate for t, (_, _, rate) in zip(tasks, members, strict=True))
    mix = [Arrivals(rate / work, s, v) for s, v, rate in members]
    assert mean_wait_s(mix) == pytest.approx(wait_s)


@given(
    service=services,
    cv2=variabilities,
    percentile=st.sampled_from([50, 90, 95, 99]),
    slack=st.floats(1.01, 9),
    sojourn=st.booleans(),
)
def test_percentile_at_capacity_keeps_the_target(service, cv2, percentile, slack, sojourn):
    bound = TailBound(sojourn=sojourn)
    target = Target("ttft", f"p{percentile}", service * slack * (1 + log(100)))
    task = PrefillTask(service, cv2, 0.0, 1, (target,))
    assume(bound.holds_for(task) and target.bound_s > bound.best_s(task, target))
    (work,) = loads(task, requirement(task, bound, tails=True))
    full = Arrivals(1 / work, service, cv2)
    assert percentile_sojourn_s([full], full, target.tail) <= target.bound_s * (1 + 1e-9)
    if cv2 == 1 and sojourn:
        assert percentile_sojourn_s([full], full, target.tail) == pytest.approx(target.bound_s)


# -- decode -----------------------------------------------------------------------------------------------------------


@st.composite
def curves(draw, falls=True):
    """Batches from 1 to 60 and TPOTs with steps and dips (or rising only)."""
    points, batch, tpot = [], 0, 0.01
    for _ in range(draw(st.integers(1, 7))):
        batch += draw(st.integers(1, 9))
        tpot *= draw(st.floats(0.85 if falls else 1.001, 1.4))
        points.append((float(batch), tpot))
    return tuple(points)


def capacity(points, bound_s, **assumptions):
    batches, tpot_s = zip(*points, strict=True)
    curve = BatchCurve(np.array(batches), np.array(tpot_s))
    try:
        return throughput_tps(curve, Target("tpot", "mean", bound_s), Assumptions(**assumptions))
    except (OutOfRange, Unreachable):
        assume(False)


@given(curves(), st.floats(1.0, 3.0))
def test_a_steady_batch_keeps_the_target_up_to_its_capacity_and_no_further(points, loose):
    bound_s = min(t for _, t in points) * loose
    most = capacity(points, bound_s)
    assert steady_tpot_s(points, most * (1 - 1e-9)) <= bound_s * (1 + 1e-9)
    assert steady_tpot_s(points, most * (1 + 1e-6)) > bound_s


@given(curves(), st.floats(1.001, 3.0))
def test_random_arrivals_keep_the_target_up_to_their_capacity(points, loose):
    bound_s = points[0][1] * loose
    most = capacity(points, bound_s, decode_load="open")
    for share in (0.01, 0.3, 0.6, 0.9, 0.99, 1 - 1e-9):
        assert open_tpot_s(points, most * share, None) <= bound_s * (1 + 1e-6)


@given(curves(falls=False), st.floats(1.001, 3.0))
def test_random_arrivals_on_a_rising_curve_meet_the_target_at_capacity(points, loose):
    bound_s = points[0][1] * loose
    most = capacity(points, bound_s, decode_load="open")
    assert open_tpot_s(points, most * (1 + 1e-6), None) > bound_s * (1 - 1e-9)


@given(curves(falls=False), st.floats(1.0, 3.0))
def test_the_quadratic_keeps_the_target_up_to_its_capacity(points, loose):
    bound_s = points[0][1] * loose
    most = capacity(points, bound_s, decode_fit="quadratic")
    assert quadratic_tpot_s(points, most * (1 - 1e-6)) <= bound_s * (1 + 1e-6)
