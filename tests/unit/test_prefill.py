"""One prefill queue: formula (13), Pollaczek and Khinchine, data parallelism, percentiles; numbers derived by hand."""

from __future__ import annotations

from math import inf, log

import pytest
from tests.samples import workload_of

from pdopt.capacity.prefill import (
    MEANS_ONLY,
    PrefillTask,
    TailBound,
    bounds_for,
    can_run,
    loads,
    requirement,
    service_s,
)
from pdopt.capacity.refusal import OutOfRange, Unreachable
from pdopt.fleet.fleet import Target
from pdopt.fleet.profiles import PrefillProfile, Shape

LN10 = log(10)
SOJOURN, WAIT = TailBound(sojourn=True), TailBound(sojourn=False)


def task(service, cv2=1.0, overhead=0.0, dp=1, **ttft):
    return PrefillTask(service, cv2, overhead, dp, tuple(Target("ttft", s, bound) for s, bound in ttft.items()))


def capacity_rps(one, bound=MEANS_ONLY, tails=False):
    """Requests per second that one instance carries of this task alone."""
    return 1 / max(loads(one, requirement(one, bound, tails)))


def profile(lengths, rates, dp=1):
    return PrefillProfile(Shape("g", 8, dp=dp), lengths, rates)


def test_formula_13_of_the_paper():
    """28309 - 6144 / (2 - 0.1) = 25075.3 tok/s."""
    one = task(6144 / 28309, overhead=0.1, mean=2.0)
    assert capacity_rps(one) * 6144 == pytest.approx(25075.3, abs=0.05)


@pytest.mark.parametrize(
    ("cv2", "capacity"),
    [
        (1, 1.5),  # rho = 3/4:  W = 3/4 x 0.5 / (1/4) = 1.5
        (0, 12 / 7),  # rho = 6/7:  W = 6/7 x 0.25 / (1/7) = 1.5
        (3, 1.2),  # rho = 3/5:  W = 3/5 x 1 / (2/5) = 1.5
    ],
)
def test_service_of_half_a_second_and_a_second_and_a_half_of_wait(cv2, capacity):
    assert capacity_rps(task(0.5, cv2, mean=2.0)) == pytest.approx(capacity)


def test_data_parallel_groups_are_queues_of_their_own():
    """Two groups of half the throughput: S = 1 s each, wait 1 s at rho = 1/2, so 0.5 + 0.5 requests per second."""
    assert service_s(profile((500,), (1000,), dp=2), workload_of(tokens=(500, 1))) == 1.0
    assert capacity_rps(task(1.0, dp=2, mean=2.0)) == pytest.approx(1.0)


def test_throughput_is_read_between_measured_lengths():
    curve = profile((1000, 3000), (10_000, 20_000))
    assert service_s(curve, workload_of(tokens=(2000, 1))) == pytest.approx(2000 / 15_000)
    assert service_s(curve, workload_of(tokens=(5000, 1), cached=3000)) == pytest.approx(2000 / 15_000)
    assert service_s(curve, workload_of(tokens=(1000, 1))) == pytest.approx(0.1)
    assert service_s(curve, workload_of(tokens=(3000, 1))) == pytest.approx(0.15)


@pytest.mark.parametrize("tokens", [999.9, 3000.1, 1])
def test_nothing_is_extrapolated(tokens):
    with pytest.raises(OutOfRange, match="measured at 1000 to 3000 input tokens, not at"):
        service_s(profile((1000, 3000), (10_000, 20_000)), workload_of(tokens=(tokens, 1)))


def test_a_target_below_an_idle_instance_is_out_of_reach():
    with pytest.raises(Unreachable) as raised:
        requirement(task(0.5, overhead=0.1, mean=0.6), MEANS_ONLY, tails=False)
    assert raised.value.best_s == pytest.approx(0.6)
    assert requirement(task(0.5, overhead=0.1, mean=0.601), MEANS_ONLY, tails=False)[0] == pytest.approx(0.001)


def test_percentile_of_one_exponential_queue_is_exact():
    """The time in the system is exponential at 1/S - lambda: ln(10) s for p90 needs 2 - lambda = 1."""
    assert capacity_rps(task(0.5, p90=LN10), SOJOURN, tails=True) == pytest.approx(1.0)
    assert capacity_rps(task(0.5, overhead=0.2, p90=LN10 + 0.2), SOJOURN, tails=True) == pytest.approx(1.0)


def test_percentile_by_the_tail_of_the_wait():
    """v = 0: wait of mean 0.25 / (1 - rho), ln(10) of it in ln(10) - 0.5 s: rho = 1 - 0.25 x 2.30259 / 1.80259."""
    assert capacity_rps(task(0.5, cv2=0, p90=LN10), WAIT, tails=True) == pytest.approx(0.680655 / 0.5, rel=1e-5)


def test_a_mean_and_a_percentile_are_both_kept():
    """p90 of ln(10) s allows 1 a second; a mean of 0.8 s allows 2 - 1/0.8 = 0.75."""
    assert capacity_rps(task(0.5, mean=0.8, p90=LN10), SOJOURN, tails=True) == pytest.approx(0.75)
    assert capacity_rps(task(0.5, mean=5.0, p90=LN10), SOJOURN, tails=True) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("bound", "cv2", "best"),
    [(SOJOURN, 1, 0.5 * LN10), (WAIT, 1, 0.5 + 0.5 * LN10), (WAIT, 0, 0.5 + 0.25 * LN10)],
)
def test_the_best_percentile_of_an_idle_instance(bound, cv2, best):
    with pytest.raises(Unreachable) as raised:
        requirement(task(0.5, cv2=cv2, p90=best * 0.999), bound, tails=True)
    assert raised.value.best_s == pytest.approx(best)
    assert capacity_rps(task(0.5, cv2=cv2, p90=best * 1.001), bound, tails=True) > 0


def test_the_sojourn_bound_needs_service_no_more_variable_than_exponential():
    assert SOJOURN.holds_for(task(0.5, cv2=1))
    assert not SOJOURN.holds_for(task(0.5, cv2=1.01))
    assert WAIT.holds_for(task(0.5, cv2=9))


def test_tails_are_tried_only_where_a_percentile_is_asked_for():
    assert bounds_for([task(0.5, mean=1)]) == [MEANS_ONLY]
    assert len(bounds_for([task(0.5, mean=1), task(0.5, p50=1)])) == 2


def test_work_in_a_shared_pool():
    """At a wait of 0.9 s: 0.5 x (0.5 + 0.9)/0.9 and, v = 0, 0.1 x (0.05 + 0.9)/0.9."""
    assert loads(task(0.5, mean=9), (0.9,)) == pytest.approx((0.5 * 1.4 / 0.9,))
    assert loads(task(0.1, cv2=0, mean=1), (0.9,)) == pytest.approx((0.1 * 0.95 / 0.9,))


def test_a_pool_whose_slowest_request_alone_breaks_the_percentile_cannot_run():
    """Steepness 2 per second and a residual of 0.5 s leave nothing."""
    assert not can_run((inf, -2.0, -0.5))
    assert can_run((inf, -2.0, -0.499))
