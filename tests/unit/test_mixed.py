"""Ordinary instances carry the rate up to which what was measured keeps every target."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.samples import answer_of, changed, paper, workload_of

from pdopt.capacity.mixed import highest_rate_rps, mixed_curve
from pdopt.capacity.refusal import OutOfRange, Unreachable
from pdopt.fleet.fleet import Target
from pdopt.fleet.profiles import MixedCurve, MixedProfile, Shape

CURVE = MixedCurve(900, 200, 0, (1, 2, 4), {("ttft", "mean"): (0.1, 0.2, 0.6), ("tpot", "mean"): (0.02, 0.03, 0.04)})
PROFILE = MixedProfile(Shape("g", 8), (CURVE,))


@pytest.mark.parametrize(
    ("metric", "bound_s", "rate"),
    [("ttft", 0.1, 1), ("ttft", 0.15, 1.5), ("ttft", 0.4, 3), ("ttft", 9, 4), ("tpot", 0.035, 3), ("tpot", 0.02, 1)],
)
def test_the_rate_is_read_between_measured_rates(metric, bound_s, rate):
    assert highest_rate_rps(CURVE, Target(metric, "mean", bound_s)) == pytest.approx(rate)


def test_the_first_miss_ends_it():
    """Past 1.5 the target is missed; that it holds again at 4 does not help those who come between."""
    curve = MixedCurve(900, 200, 0, (1, 2, 4), {("ttft", "mean"): (0.1, 0.3, 0.1)})
    assert highest_rate_rps(curve, Target("ttft", "mean", 0.2)) == pytest.approx(1.5)


def test_a_target_below_the_smallest_rates_latency():
    with pytest.raises(Unreachable) as raised:
        highest_rate_rps(CURVE, Target("ttft", "mean", 0.099))
    assert raised.value.best_s == 0.1


@pytest.mark.parametrize("other", [{"tokens": (901, 200)}, {"tokens": (900, 201)}])
def test_nothing_longer_than_measured(other):
    with pytest.raises(OutOfRange, match="was not measured at"):
        mixed_curve(PROFILE, workload_of(**{"ttft": {"mean": 1}, "tokens": (900, 200), **other}))


@pytest.mark.parametrize("other", [{}, {"tokens": (899, 200)}, {"tokens": (900, 10)}, {"cached": 1}])
def test_requests_nowhere_longer_use_the_measured_curve(other):
    workload = workload_of(**{"ttft": {"mean": 1}, "tokens": (900, 200), **other})
    assert mixed_curve(PROFILE, workload) is PROFILE.curves[0]


def test_of_several_lengths_the_shortest_that_cover():
    longer = replace(CURVE, input_tokens=2000.0)
    hit = replace(CURVE, input_tokens=2000.0, cached_tokens=1200.0)  # computes 800
    profile = replace(PROFILE, curves=(longer, CURVE, hit))
    assert mixed_curve(profile, workload_of({"mean": 1}, tokens=(850, 150))) is CURVE
    assert mixed_curve(profile, workload_of({"mean": 1}, tokens=(950, 150))) is longer
    assert mixed_curve(profile, workload_of({"mean": 1}, tokens=(1900, 150), cached=1150)) is hit


def test_only_the_measured_statistics():
    with pytest.raises(OutOfRange, match="TTFT p90 was not measured"):
        mixed_curve(PROFILE, workload_of({"mean": 1, "p90": 2}, {"mean": 1}, tokens=(900, 200)))


def both(rate):
    """The paper's fleet where 8 GPUs also run ordinary instances that carry 2.5 a second at 2 s and 20 ms."""
    rows = [
        {"gpu": "h200", "gpus": 8, "input_tokens": 6144, "output_tokens": 512, "requests_per_s": r, **seen}
        for r, seen in ((1, {"ttft_mean_ms": 400, "tpot_mean_ms": 14}), (3, {"ttft_mean_ms": 900, "tpot_mean_ms": 22}))
    ]
    fleet = changed(paper(requests_per_second=rate), "models", "llm", mixed=rows)
    return changed(fleet, "workloads", "chat", tokens_per_minute=None)


def test_whether_to_disaggregate_is_answered_by_cost():
    """2.5 a second fit one ordinary instance, where P and D need two. At 6 a second P carries 4.08 and D 3.35: two of
    each; three ordinary ones carry 7.5. Six P and seven D carry 23.4, for which ten ordinary ones are needed."""

    def roles(rate):
        return {(p.role, p.instances) for p in answer_of(both(rate)).pools}

    assert roles(2.5) == {("mixed", 1)}
    assert roles(6) == {("mixed", 3)}


def test_targets_of_both_metrics_bind():
    """2.5 a second by TPOT (14 + 8 x 0.75 = 20 ms); by a TTFT of 650 ms 2 a second."""
    assert [p.instances for p in answer_of(both(2.4)).pools] == [1]
    slo = {"ttft_mean_ms": 650, "tpot_mean_ms": 20}
    tighter = changed(both(2.4), "workloads", "chat", slo=slo)
    assert sorted((p.role, p.instances) for p in answer_of(tighter).pools) in (
        [("mixed", 2)],
        [("decode", 1), ("prefill", 1)],
    )
