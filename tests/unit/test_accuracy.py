"""The arithmetic of the accuracy page, by hand."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest
from benchmarks.accuracy import splitwise
from benchmarks.accuracy.closed_loop import ClosedLoop
from benchmarks.accuracy.counts import asked_by_aiconfigurator, planned
from benchmarks.accuracy.deployments import Measured, Side, deployments
from benchmarks.accuracy.errors import Estimate, errors, mended, repeats, summary
from benchmarks.accuracy.predict import OWN, Prediction, predict, profiles, workload

from pdopt.capacity.decode import batch_curve

SIDE = Side("h200-sxm", "trtllm", 8, 1, 8)
MEASURED = Measured("a", "x", "h200-sxm", "trtllm", 1000, 101, 0.1, SIDE, SIDE, 2, 3, 60, 1.0, 0.02)


def prediction(tpot_s: float, measured: Measured = MEASURED) -> Prediction:
    return Prediction(measured, ClosedLoop(18.0, 0.5, tpot_s, 0.4, 10.0), 0.1, 128.0, "catalogue")


def test_rows_read_as_the_source_has_them() -> None:
    rows = deployments()
    assert len(rows) == 197
    assert len({row.name for row in rows}) == 197
    one = next(row for row in rows if row.name == "dsr1_h200_trtllm_fp8_disagg_8192x1024_c48_cfg301")
    assert (one.input_tokens, one.output_tokens, one.concurrency) == (0.9 * 8192, 0.9 * 1024, 48)
    assert (one.prefill_instances, one.decode_instances, one.gpus) == (1, 6, 56)


def test_throughput_is_requests_in_flight_over_their_time() -> None:
    assert MEASURED.throughput_rps == pytest.approx(60 / (1.0 + 100 * 0.02))


def test_errors_are_relative_to_what_was_measured() -> None:
    some = [prediction(0.022), prediction(0.018), prediction(0.03)]
    found = errors(some, "tpot_s", lambda p: p.predicted)
    assert found == pytest.approx([0.1, -0.1, 0.5])
    told = summary(found)
    assert (told.points, told.median, told.bias) == (3, pytest.approx(0.1), pytest.approx(0.1))
    assert told.p90 == pytest.approx(0.42)  # 0.1 + 0.8 (0.5 - 0.1)
    assert errors(some, "tpot_s", lambda _: None) == []
    assert summary([]).cells == ("–", "–", "–")


def test_calibration_leaves_the_deployment_itself_out() -> None:
    """Measured over predicted: 0.5 at two loads of one deployment, 0.8 of the other."""
    other = replace(MEASURED, decode_instances=4)
    some = [prediction(0.04), prediction(0.04, replace(MEASURED, concurrency=9)), prediction(0.025, other)]
    assert mended(some) == pytest.approx([0.8 / 0.5 - 1, 0.8 / 0.5 - 1, 0.5 / 0.8 - 1])
    assert mended(some[:2]) == []


def test_repeats_are_the_same_deployment_at_the_same_load() -> None:
    slow, busier = replace(MEASURED, tpot_s=0.03), replace(MEASURED, concurrency=61)
    assert repeats([prediction(0.02, m) for m in (MEASURED, slow, busier)], "tpot_s") == pytest.approx([1.5])


def test_counts_that_aiconfigurators_rates_ask_for() -> None:
    """20 requests/s: 20 / (0.9 x 10) = 2.22 and 20 / (0.92 x 8) = 2.72 workers."""
    found = asked_by_aiconfigurator(prediction(0.02), Estimate(1.0, 0.02, 20.0, 10.0, 8.0))
    assert (found.prefill, found.decode) == (pytest.approx(20 / 9), pytest.approx(20 / 7.36))
    assert (found.whole, found.deployed, found.gpus) == ((3, 3), (2, 3), 48)


def test_plans_by_the_mean_of_the_queue_and_the_batch_of_the_curve() -> None:
    """M/M/1: TTFT = S / (1 - rate S / n); decode holds rate O TPOT / n requests, at which the curve gives that TPOT."""
    one = next(row for row in deployments() if row.name == "dsr1_h200_trtllm_fp8_disagg_8192x1024_c48_cfg301")
    predicted, counts = predict(one), planned(prediction(0.02, one))
    assert counts is not None
    assert counts.prefill == pytest.approx(one.throughput_rps * predicted.idle_s / (1 - predicted.idle_s / one.ttft_s))
    batch = one.throughput_rps * one.output_tokens * one.tpot_s / counts.decode
    curve = batch_curve(profiles(one).decode, workload(one))
    assert float(np.interp(batch, curve.batches, curve.tpot_s)) == pytest.approx(one.tpot_s)


def test_no_profile_row_comes_from_the_measured_deployments() -> None:
    shapes = [profiles(row) for row in deployments() if row.gpu == "h200-sxm"]
    assert {found.origin for found in shapes} == {"catalogue"}
    for file in OWN.glob("*/*.csv"):
        with file.open(encoding="utf-8", newline="") as stream:
            assert all("silicon_sample" not in row["source"] for row in csv.DictReader(stream))


def test_best_split_of_a_budget() -> None:
    """10 dollars, P 1 and D 2 each, 3 and 4 requests/s: 4P3D carries min(12, 12)."""
    assert splitwise.best_split((1.0, 2.0), 10.0, (3.0, 4.0)) == splitwise.Split((4, 3), 12.0)
    assert splitwise.split_at((4, 2), (3.0, 4.0)).requests_per_s == 8.0


def test_what_the_page_says_of_splitwise() -> None:
    carried = {}
    for design in (d for d in splitwise.designs() if d.budget == "power"):
        prices, budget = splitwise.BUDGETS["power"]
        pair = prices[design.prefill_gpu], prices[design.decode_gpu]
        carried[design.name] = splitwise.best_split(pair, budget, splitwise.rates(design, queue=True))
    assert max(carried, key=lambda name: carried[name].requests_per_s) == "Splitwise-HHcap"
    assert carried["Splitwise-HHcap"].counts == (24, 22)  # published: 25 and 21
