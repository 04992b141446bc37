"""The event loop piece by piece: against hand calculation and closed forms."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from math import exp

import numpy as np
import pytest
from tests.samples import changed, decode_rows, fleet_of, paper
from tests.theory.pooling import services, shortest_line_waits
from tests.theory.simulated import SHAPE, Asked, Site, document_of, mean_wait_s, plan_of, simulated

import pdopt
from pdopt.plan.plan import Plan
from pdopt.simulate import Failures, Settings, simulate
from pdopt.simulate.intervals import estimate
from pdopt.traces.requests import Requests

SMALL = {"requests": 40_000, "seed": 7}


def alone(one: Asked, flight: int = 1, document: dict | None = None, **settings):
    """Simulate a closed loop of one workload; nothing is random when its service is constant."""
    document = document or document_of({"a": one}, Site())
    run = Settings(requests=2000, replications=2, concurrency={"a": flight}, **settings)
    return simulate(fleet_of(document), plan_of({"a": one}, Site()), run)


def means(found) -> tuple[float, float, float]:
    seen = found.workloads[0]
    return seen.ttft_ms["mean"].mean, seen.tpot_ms["mean"].mean, seen.completed_rps.mean


def test_one_request_after_the_other_takes_what_was_measured():
    ttft, tpot, rate = means(alone(Asked(2000, 1.0, 0.0, 100)))
    assert (ttft, tpot) == (pytest.approx(200), pytest.approx(1))
    assert rate == pytest.approx(1 / 0.3, rel=1e-3)


def test_overhead_transfer_and_the_way_to_a_site_are_part_of_ttft():
    one = Asked(2000, 1.0, 0.0, 100)
    document = document_of({"a": one}, Site())
    document["transfer"] = {"overhead_ms": 30, "links": [{"prefill": "node", "decode": "node", "gb_per_s": 10}]}
    document["models"]["llm"]["kv_bytes_per_token"] = 100_000
    document["sites"] = {"paris": {}}
    document = changed(document, "skus", "node", site="paris")
    document = changed(document, "workloads", "a", latency_ms={"paris": 40})
    assert means(alone(one, document=document))[0] == pytest.approx(200 + 30 + 20 + 40)


def test_tpot_lies_between_the_two_nearest_contexts():
    one = Asked(1550, 1.0, 0.0, 100)  # a mean context of 1600, between 1050 and 2050
    document = document_of({"a": one}, Site())
    curves = decode_rows(((1, 10), (8, 20)), 1000, 100, **SHAPE) + decode_rows(((1, 30), (8, 60)), 2000, 100, **SHAPE)
    document["models"]["llm"]["decode"] = curves
    assert means(alone(one, document=document))[1] == pytest.approx(10 + 20 * 0.55)


def test_kv_memory_caps_the_batch():
    one = Asked(10, 1.0, 0.0, 100)  # holds 60 tokens; prefill takes 1 ms
    document = document_of({"a": one}, Site(curve=((1, 10), (9, 50))))
    document["models"]["llm"]["decode"] = [{**row, "kv_tokens": 250} for row in document["models"]["llm"]["decode"]]
    found = alone(one, 12, document)
    assert found.pools[1].batch.mean == pytest.approx(4, rel=1e-2)
    assert means(found)[2] == pytest.approx(4 / (100 * 0.025), rel=1e-2)  # TPOT 25 ms at a batch of 4


def test_the_largest_measured_batch_caps_too():
    one = Asked(10, 1.0, 0.0, 100)
    found = alone(one, 12, document_of({"a": one}, Site(curve=((1, 10), (9, 50)))))
    assert means(found)[2] == pytest.approx(9 / (100 * 0.05), rel=1e-2)


def test_steps_of_tokens_batch_short_requests_and_cut_long_ones():
    one = Asked(500, 1.0, 0.0, 1)
    document = document_of({"a": one}, Site())
    rows = [{**SHAPE, "input_tokens": t, "tokens_per_s": s} for t, s in ((500, 5000), (1000, 10_000), (4000, 10_000))]
    document["models"]["llm"]["prefill"] = rows
    one_by_one, in_steps = (means(alone(one, 40, document, chunk_tokens=c))[2] for c in (None, 1000))
    assert one_by_one == pytest.approx(10, rel=1e-2)  # 500 tokens at 5000 a second
    assert in_steps == pytest.approx(20, rel=1e-2)  # two at a time, 1000 tokens at 10,000
    long = Asked(4000, 1.0, 0.0, 1)
    cut = document | {"workloads": document_of({"a": long}, Site())["workloads"]}
    assert means(alone(long, document=cut, chunk_tokens=512))[0] == pytest.approx(400)


def test_ordinary_instances_do_what_was_measured_with_so_many_in_flight():
    one = Asked(1000, 5.0, 0.0, 100)
    document = document_of({"a": one}, Site())
    measured = ((2, 100, 4.0), (5, 400, 16.0), (6, 1600, 24.0))  # requests/s, TTFT ms, TPOT ms
    document["models"]["llm"]["mixed"] = [
        {**SHAPE, "input_tokens": 1000, "output_tokens": 100, "requests_per_s": r, "ttft_mean_ms": f, "tpot_mean_ms": t}
        for r, f, t in measured
    ]
    plan = plan_of({"a": one}, Site())
    plan = plan.model_copy(update={"pools": (plan.pools[1].model_copy(update={"role": "mixed", "handover": None}),)})
    run = Settings(requests=4000, replications=2, concurrency={"a": 10}, seed=1)  # 5 a second for 2 s each
    found = simulate(fleet_of(document), plan, run).workloads[0]
    assert found.completed_rps.mean == pytest.approx(5, rel=1e-2)
    assert found.ttft_ms["mean"].mean == pytest.approx(400, rel=1e-2)
    assert found.tpot_ms["mean"].mean == pytest.approx(16, rel=1e-2)
    tail = changed(document, "workloads", "a", slo={"ttft_p99_ms": 9000, "tpot_mean_ms": 50})
    (ttft, tpot) = simulate(fleet_of(tail), plan, run).workloads[0].targets
    assert (ttft.verdict, tpot.verdict) == ("undecided", "holds")
    assert "spread" in ttft.why


def test_gamma_gaps_make_a_gi_m_1_queue():
    """Sojourn 1 / (mu (1 - s)), s the transform of the gaps at mu (1 - s)."""
    one, cv = Asked(2000, 3.0), 2.0
    shape, s = 1 / cv**2, 0.5
    for _ in range(200):
        s = (1 + 5.0 * (1 - s) / (shape * 3.0)) ** -shape
    seen = simulated({"a": one}, Site(), Settings(**{**SMALL, "requests": 100_000}, arrivals="gamma", gap_cv=cv))
    mean = seen.workloads[0].ttft_ms["mean"]
    assert mean.low <= 1e3 / 5 / (1 - s) <= mean.high


def test_turns_make_arrivals_erlang():
    """Every second request of a Poisson stream: E2/M/1."""
    one, s = Asked(2000, 7.0), 0.5
    for _ in range(200):
        s = (7.0 / (7.0 + 5.0 * (1 - s))) ** 2
    seen = simulated({"a": one}, Site(prefill=2), Settings(**SMALL, dispatch="round_robin")).workloads[0]
    assert seen.ttft_ms["mean"].low <= 1e3 / 5 / (1 - s) <= seen.ttft_ms["mean"].high


def test_a_router_that_counts_requests():
    one, rng = Asked(2000, 12.0), np.random.default_rng(3)
    gaps, works = rng.exponential(1 / 12, 60_000), 0.2 * services(rng, 60_000, 1.0)
    expected = (shortest_line_waits(gaps, works, 3) + works)[3000:].mean() * 1e3
    seen = simulated({"a": one}, Site(prefill=3), Settings(**SMALL, dispatch="least_requests")).workloads[0]
    assert seen.ttft_ms["mean"].mean == pytest.approx(expected, rel=0.05)


def test_prefix_hits_make_two_classes_of_one():
    one = Asked(2000, 4.0, 0.0)
    document = changed(document_of({"a": one}, Site()), "workloads", "a", cached_tokens=800)
    found = simulate(fleet_of(document), plan_of({"a": one}, Site()), Settings(**SMALL, hit_rate=0.5)).workloads[0]
    theory = mean_wait_s([(2.0, 0.2, 0.0), (2.0, 0.04, 0.0)]) + 0.12  # of half of them 1600 are cached
    assert found.ttft_ms["mean"].low <= theory * 1e3 <= found.ttft_ms["mean"].high


def test_a_trace_is_replayed_gap_by_gap_and_length_by_length():
    rng = np.random.default_rng(5)
    arrival_s = np.cumsum(rng.exponential(0.25, 400)) - 0.1
    arrival_s -= arrival_s[0]
    tokens = rng.integers(100, 3000, 400).astype(np.int32)
    log = Requests("log.csv", "own", arrival_s, tokens, np.full(400, 20, np.int32), None, "", None, ())
    run = Settings(requests=4000, replications=2, arrivals="trace", as_recorded=True, warm_up=1.0)
    seen = simulated({"a": Asked(2000, 1.0)}, Site(), run, traces={"a": log}).workloads[0]
    cycle_s, free_s, took = arrival_s[-1] * 400 / 399, 0.0, []
    for lap in range(4):
        for at, work in zip(arrival_s + lap * cycle_s, tokens / 10_000, strict=True):
            free_s = max(free_s, at) + work
            took.append(free_s - at)
    assert seen.ttft_ms["mean"].mean == pytest.approx(1e3 * np.mean(took[-400:]), rel=1e-9)
    assert seen.offered_rps == pytest.approx(399 / arrival_s[-1])
    scaled = simulated(
        {"a": Asked(2000, 1.0)}, Site(), Settings(requests=4000, replications=2, arrivals="trace"), traces={"a": log}
    )
    assert scaled.workloads[0].completed_rps.mean == pytest.approx(1.0, rel=0.1)
    assert any("1,5" in note or "tokens" in note for note in scaled.notes)


def test_a_request_whose_instance_fails_starts_again():
    """Work of D seconds that starts over at failures of rate f, repaired in r: (exp(f D) - 1) (1 / f + r)."""
    one, f, r = Asked(10_000, 1.0, 0.0, 1), 0.5, 0.1
    run = Settings(requests=20_000, concurrency={"a": 1}, failures=Failures(1 / f, r), seed=2)
    found = simulated({"a": one}, Site(), run)
    cycle = (exp(f * 1.0) - 1) * (1 / f + r) + 2 * (f * r / (1 + f * r)) * r + 0.001
    assert 1 / found.workloads[0].completed_rps.mean == pytest.approx(cycle, rel=0.02)
    assert any("started again" in note for note in found.notes)


def test_failed_batches_start_again_elsewhere_and_none_is_lost():
    one = Asked(500, 20.0, 1.0, 200)
    run = Settings(requests=10_000, replications=2, failures=Failures(20.0, 5.0))
    found = simulated({"a": one}, Site(prefill=4, decode=3), run)
    assert found.workloads[0].requests == 10_000
    calm = simulated({"a": one}, Site(prefill=4, decode=3), Settings(requests=10_000, replications=2))
    assert found.workloads[0].e2e_ms["mean"].mean > calm.workloads[0].e2e_ms["mean"].mean


def test_instances_that_are_gone_are_as_a_smaller_plan():
    one, run = Asked(2000, 8.0), {"requests": 4000, "replications": 2}
    lost = simulated({"a": one}, Site(prefill=3, decode=2), Settings(**run, lost=1))
    fewer = simulated({"a": one}, Site(prefill=2, decode=1), Settings(**run))
    assert lost.workloads[0].ttft_ms == fewer.workloads[0].ttft_ms
    with pytest.raises(ValueError, match="none of them left"):
        simulated({"a": one}, Site(prefill=3), Settings(**run, lost=1))


def test_more_than_can_be_served_fails_and_is_said():
    found = simulated({"a": Asked(2000, 6.0)}, Site(), Settings(requests=10_000))
    assert found.failing() == [("a", "ttft_mean_ms")]
    assert any("queues still grew" in note for note in found.notes)
    assert not found.holds()


def test_impossible_settings_are_all_named_at_once():
    with pytest.raises(ValueError, match="replications") as raised:
        simulated({"a": Asked(2000, 1.0)}, Site(), Settings(replications=1, gap_cv=-1, concurrency={"b": 2}))
    assert len(str(raised.value).splitlines()) == 3


def test_the_interval_is_students():
    found = estimate([1.0, 2.0, 3.0, 4.0], 0.95)
    assert found.mean == 2.5
    assert found.high - 2.5 == pytest.approx(3.182446 * 1.290994 / 2, rel=1e-5)  # t of 3 degrees, standard deviation


def test_a_seed_gives_the_same_answer_compiled_or_not():
    """The same source as machine code and as plain Python."""
    code = (
        "from tests.theory.simulated import *\n"
        "s = Settings(requests=1000, replications=2, failures=Failures(9.0, 2.0), chunk_tokens=700)\n"
        "d = simulated({'a': Asked(2000, 6.0), 'b': Asked(500, 3.0, 0.5)}, Site(prefill=3, decode=2, dp=2), s)\n"
        "print(d.model_copy(update={'seconds': 0.0}).to_json())"
    )
    code = "from pdopt.simulate import Failures\n" + code
    told = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "NUMBA_DISABLE_JIT": plain},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for plain in ("0", "1")
    ]
    assert json.loads(told[0]) == json.loads(told[1])
    assert json.loads(told[0])["events"] > 2000


def test_what_a_plan_promises_is_what_happens():
    """The paper's fleet, planned for random arrivals: prediction and events agree, and the targets hold."""
    document = {**paper(), "assumptions": {"decode_load": "open"}}
    fleet = fleet_of(document)
    plan = pdopt.solve(fleet)
    assert isinstance(plan, Plan)
    found = simulate(fleet, plan, Settings(requests=60_000, seed=3))
    assert found.holds()
    for target in found.workloads[0].targets:
        half = target.seen_ms.high - target.seen_ms.mean
        assert abs(target.planned_ms - target.seen_ms.mean) <= 2 * half  # further off once in 700
        assert half < 0.05 * target.planned_ms
