"""Statistics of traces against plain Python on real excerpts, and against what is known of synthetic arrivals."""

from __future__ import annotations

import csv
import gzip
import json
import math
import statistics
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chi2

from pdopt.traces.arrivals import spread, tick_s, window_rates
from pdopt.traces.read import read_trace
from pdopt.traces.requests import Requests
from pdopt.traces.summary import summarize

DATA = Path(__file__).parents[1] / "data/traces"


def trace(arrival_s: object, input_tokens: object = 100, output_tokens: object = 10) -> Requests:
    times = np.asarray(arrival_s, dtype=np.float64)
    tokens = (np.full(len(times), n, dtype=np.int32) for n in (input_tokens, output_tokens))
    return Requests("synthetic", "own columns", times - times[0], *tokens, None, "", None, ())


def rows_of(name: str) -> list[dict[str, str]]:
    with gzip.open(DATA / name, "rt") as stream:
        return list(csv.DictReader(stream))


def percentile(values: list[float], fraction: float) -> float:
    ordered = sorted(values)
    below, part = divmod(fraction * (len(ordered) - 1), 1)
    upper = ordered[min(int(below) + 1, len(ordered) - 1)]
    return ordered[int(below)] * (1 - part) + upper * part


@pytest.mark.parametrize("name", ["azure2023_code.csv.gz", "azure2023_conv.csv.gz"])
def test_lengths_and_gaps_of_azure_equal_plain_python(name: str) -> None:
    rows = rows_of(name)
    own = "arrival_s" in rows[0]
    given = [float(row["input_tokens" if own else "ContextTokens"]) for row in rows]
    got = [float(row["output_tokens" if own else "GeneratedTokens"]) for row in rows]
    if own:
        times = [float(row["arrival_s"]) for row in rows]
    else:
        clock = [row["TIMESTAMP"].split(" ")[1].split(":") for row in rows]
        times = [int(h) * 3600 + int(m) * 60 + float(s) for h, m, s in clock]
    gaps = [b - a for a, b in pairwise(times)]
    summary = summarize(read_trace(DATA / name))
    for values, lengths in ((given, summary.input_tokens), (got, summary.output_tokens)):
        assert lengths.mean == pytest.approx(statistics.fmean(values))
        assert lengths.cv2 == pytest.approx(statistics.pvariance(values) / statistics.fmean(values) ** 2)
        assert lengths.max == max(values)
        for fraction, value in ((0.5, lengths.p50), (0.9, lengths.p90), (0.95, lengths.p95), (0.99, lengths.p99)):
            assert value == pytest.approx(percentile(values, fraction))
    assert summary.correlation == pytest.approx(statistics.correlation(given, got))
    assert summary.gap_cv == pytest.approx(statistics.pstdev(gaps) / statistics.fmean(gaps), rel=1e-5)
    assert summary.rates_rps.mean == pytest.approx(len(rows) / (times[-1] - times[0]))
    minutes = [0] * (int((times[-1] - times[0]) // 60) + 1)
    for time in times:
        minutes[int((time - times[0]) // 60)] += 1
    assert summary.rates_rps.peak_minute == pytest.approx(max(minutes[:-1]) / 60)
    whole = minutes[:-1]
    assert summary.minute_dispersion == pytest.approx(statistics.variance(whole) / statistics.fmean(whole))


def test_prefix_hits_of_mooncake_are_as_published_for_these_rows() -> None:
    summary = summarize(read_trace(DATA / "mooncake_conversation.jsonl.gz"))
    assert summary.cache is not None
    assert summary.cache.token_share == pytest.approx(2_962_776 / 13_732_944, rel=1e-3)
    with gzip.open(DATA / "mooncake_conversation.jsonl.gz", "rt") as stream:
        given = [json.loads(line)["input_length"] for line in stream]
    assert summary.new_tokens is not None
    assert summary.new_tokens.mean == pytest.approx(statistics.fmean(given) * (1 - summary.cache.token_share))


# -- arrivals -------------------------------------------------------------------------------------------------------


def test_poisson_arrivals_have_a_cv_of_one_within_its_confidence_interval() -> None:
    n, rate_rps = 40_000, 5.0
    arrival_s = np.cumsum(np.random.default_rng(7).exponential(1 / rate_rps, n))
    summary = summarize(trace(arrival_s))
    assert abs(summary.gap_cv - 1) < 4 / math.sqrt(n)
    minutes = int(summary.span_s // 60)
    low, high = chi2.ppf([1e-4, 1 - 1e-4], minutes - 1) / (minutes - 1)
    assert summary.minute_dispersion is not None
    assert low < summary.minute_dispersion < high
    assert abs(summary.rates_rps.mean - rate_rps) < 4 * rate_rps / math.sqrt(n)
    assert summary.silences == ()
    assert summary.clock_tick_s is None


def test_regular_arrivals_have_no_variation() -> None:
    summary = summarize(trace(np.arange(0, 600, 0.5)))
    assert summary.gap_cv == pytest.approx(0, abs=1e-9)
    assert summary.minute_dispersion == pytest.approx(0)
    assert summary.correlation is None


def test_hyperexponential_gaps_have_their_known_cv() -> None:
    random = np.random.default_rng(3)
    n = 60_000
    fast = random.random(n) < 0.9
    gaps = np.where(fast, random.exponential(0.1, n), random.exponential(1.0, n))
    mean, second = 0.9 * 0.1 + 0.1 * 1.0, 2 * (0.9 * 0.01 + 0.1 * 1.0)
    assert summarize(trace(np.cumsum(gaps))).gap_cv == pytest.approx(math.sqrt(second / mean**2 - 1), rel=0.04)


def test_a_coarse_clock_is_seen_and_its_ticks_are_filled_evenly() -> None:
    arrival_s = np.repeat([0.0, 3.0, 6.0, 12.0], [3, 2, 1, 4])
    assert tick_s(arrival_s) == 3
    assert spread(arrival_s, 3.0) == pytest.approx([0, 1, 2, 3, 4.5, 6, 12, 12.75, 13.5, 14.25])
    assert tick_s(np.arange(100) * 3.0) is None
    assert tick_s(np.repeat(np.arange(100) * 0.01, 3)) is None
    mooncake = summarize(read_trace(DATA / "mooncake_conversation.jsonl.gz"))
    assert mooncake.clock_tick_s == pytest.approx(3, abs=0.01)


def test_silent_gaps_are_those_that_the_rate_does_not_explain() -> None:
    busy = np.arange(0, 300, 0.5)
    summary = summarize(trace(np.concatenate([busy, 420 + busy, 770 + busy])))
    assert [(gap.from_s, gap.seconds) for gap in summary.silences] == [(299.5, 120.5)]
    assert summarize(trace(np.arange(20) * 90.0)).silences == ()


def test_windows_leave_out_the_last_incomplete_one() -> None:
    arrival_s = np.array([0, 1, 2, 59, 60, 119, 121.0])
    assert window_rates(arrival_s, 60).tolist() == [4 / 60, 2 / 60]
    assert window_rates(np.array([0.0, 1, 4]), 60).tolist() == [0.75]
    assert summarize(trace([0.0, 1, 4])).minute_dispersion is None
