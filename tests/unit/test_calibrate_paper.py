"""Calibration on the figures of arXiv 2603.04716: errors as published, and what is left out is predicted as said."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import pdopt
from pdopt.studies.calibrate.bases import Bases
from pdopt.studies.calibrate.calibrate import calibrate
from pdopt.studies.calibrate.parameters import Start

PAPER = Path(__file__).parents[2] / "instances/paper"


@pytest.fixture(scope="module")
def figure1():
    answer = calibrate(PAPER / "figure1.csv", Bases(), names=("speed", "overhead"))
    return {f"{side.side.model} {side.side.setup}": side for side in answer.sides}


@pytest.fixture(scope="module")
def figure3():
    fleet = pdopt.read_fleet(PAPER / "deepseek-v3.1-h200.yaml")
    start = Start(fleet.transfer.overhead_s, fleet.assumptions)
    answer = calibrate(PAPER / "figure3-load-points.csv", Bases(fleet.llms), start)
    return {side.side.role: side for side in answer.sides}


@pytest.mark.parametrize(
    ("setup", "before", "after"),  # mean errors of the paper's estimate, and of a least-squares fit made elsewhere
    [
        ("qwen3-235b-a22b-fp8 chunk 4096", 0.220, 0.147),
        ("qwen3-235b-a22b-fp8 chunk 12288", 0.440, 0.073),
        ("deepseek-v3.1 chunk 12288", 0.394, 0.024),
        ("deepseek-v3.1 chunk 24576", 0.179, 0.052),
    ],
)
def test_figure_1(figure1, setup, before, after):
    side = figure1[setup]
    assert side.before.mean == pytest.approx(before, abs=0.001)
    assert side.after.mean == pytest.approx(after, abs=0.025)
    assert 0.02 <= side.after.mean <= 0.15
    assert side.before.overloaded == side.after.overloaded == 0


def test_points_past_those_fitted_are_predicted_badly_and_that_is_said(figure1):
    """Near its limit a queue's wait depends on the last percent of speed, which light loads do not tell."""
    for side in figure1.values():
        tests = {test.name: test.errors for test in side.tests}
        assert tests["each point"].mean > side.after.mean
        assert tests["heavier loads"].mean > 0.1
        assert tests["heavier loads"].mean > tests["each point"].mean


def test_predictions_are_those_of_mm1_by_hand(figure1):
    for side in figure1.values():
        values = side.fit.values
        for point in side.points:
            rate, busy_rate = point.observation.load, values["speed"] / point.observation.service_s
            assert point.after_s == pytest.approx(values["overhead"] + 1 / (busy_rate - rate), rel=1e-9)


def test_figure_3_decode_of_one_deployment_predicts_the_other(figure3):
    side = figure3["decode"]
    tests = {test.name: test.errors for test in side.tests}
    assert side.before.mean == pytest.approx(0.0805, abs=0.001)  # docs/paper.md: 6.4 to 8.8 % too low
    assert side.after.mean < 0.005
    assert tests["3P4D"].count == tests["3P3D"].count == 3
    assert tests["3P4D"].mean < 0.005
    assert tests["3P3D"].mean < 0.01


def test_figure_3_prefill_is_not_made_better_and_that_is_said(figure3):
    """One of six points is a queue leaving its steady state; without it there is little to mend."""
    side = figure3["prefill"]
    estimates = {estimate.name: estimate for estimate in side.fit.estimates}
    assert not estimates["overhead"].fitted
    assert not estimates["variability"].fitted
    assert estimates["speed"].low < 1 < estimates["speed"].high
    assert next(test for test in side.tests if test.name == "3P4D").errors.mean > 0.2
    assert {point.observation.line for point in side.worst[:2]} == {3, 4}


def test_both_tables_of_figure_3_say_the_same():
    with (
        (PAPER / "figure3.csv").open(newline="") as short,
        (PAPER / "figure3-load-points.csv").open(newline="") as long,
    ):
        for one, other in zip(csv.DictReader(short), csv.DictReader(long), strict=True):
            assert float(one["million_tokens_per_minute"]) * 1e6 == pytest.approx(float(other["tokens_per_minute"]))
            for key in ("ttft_mean_ms", "tpot_mean_ms", "source"):
                assert one[key] == other[key]
            assert (one["prefill"], one["decode"]) == (other["prefill_instances"], other["decode_instances"])
