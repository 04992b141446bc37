"""benchmarks/referee: what is asked of AISimulate, how its answers are judged, and the formula for balanced batches."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from math import exp, factorial
from pathlib import Path

import numpy as np
import pytest
from benchmarks.referee.asking import Referee
from benchmarks.referee.balanced import balanced
from benchmarks.referee.cases import CASES, RECOMMENDED
from benchmarks.referee.deployment import Deployment, Group, of_plan, of_words
from benchmarks.referee.judge import replayed, steady, weighted_quantile
from benchmarks.referee.replay import drawn_lengths, rate_rps, replays

import pdopt
from pdopt.capacity.decode import BatchCurve
from pdopt.plan.forward.arrivals import open_tpot_s
from pdopt.plan.plan import Plan

SGLANG, TRTLLM, CHAT, EXPERTS = CASES

ECHO = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    workers = asked["engine"]["workers"]
    ttft = 100.0 * workers["prefill"]["parallelism"]["replicas"]
    itl = 10.0 * workers["decode"]["parallelism"]["tensor"]
    number = asked["traffic"]["stop"]["requests"]
    rate = asked["traffic"]["load"]["requests_per_second"]
    print(json.dumps([[1e3 * i / rate, ttft, itl] for i in range(number)]), flush=True)
"""


@pytest.fixture
def echo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Referee]:
    """A referee that answers by a rule: TTFT 100 ms per prefill instance, TPOT 10 ms per GPU of a decode instance."""
    (tmp_path / "driver.py").write_text(ECHO, encoding="utf-8")
    monkeypatch.setattr("benchmarks.referee.asking.HERE", tmp_path)
    with Referee(sys.executable, tmp_path) as referee:
        yield referee


def test_the_plan_of_an_instance_becomes_a_deployment() -> None:
    plan = pdopt.solve(TRTLLM.asked(RECOMMENDED, "p99"))
    assert isinstance(plan, Plan)
    found = of_plan(plan)
    assert found.name == "14P tp1 + 9D tp2"
    assert found.gpus == 32 == sum(rental.gpus_used for rental in plan.skus)
    assert found == of_words(found.name, "h200-sxm", 50.0)


def test_layouts() -> None:
    assert Group("decode", "h200-sxm", "dp8-ep8", 2, 1.0).degrees == {"tp": 1, "dp": 8, "ep": 8}
    assert Group("decode", "h200-sxm", "tp4-ep4", 2, 1.0).gpus == 8
    with pytest.raises(ValueError, match="not a layout"):
        _ = Group("decode", "h200-sxm", "pp2", 1, 1.0).gpus


def test_what_is_asked_of_one_group_a_role(tmp_path: Path) -> None:
    deployment = of_words("6P tp1 + 3D tp2", "h200-sxm", rate_rps(SGLANG))
    asked = [replay.config(tmp_path) for replay in replays(SGLANG, deployment)]
    assert [one["traffic"]["load"]["seed"] for one in asked] == list(SGLANG.seeds)  # type: ignore[index]
    traffic, engine = asked[0]["traffic"], asked[0]["engine"]
    assert traffic["load"]["requests_per_second"] == pytest.approx(5e6 / 60 / 6656)  # type: ignore[index]
    assert traffic["source"] == {"type": "synthetic", "input_tokens": 6144, "output_tokens": 512}  # type: ignore[index]
    workers = engine["workers"]  # type: ignore[index]
    assert (workers["prefill"]["parallelism"]["replicas"], workers["prefill"]["parallelism"]["tensor"]) == (6, 1)
    assert (workers["decode"]["parallelism"]["replicas"], workers["decode"]["parallelism"]["tensor"]) == (3, 2)
    assert not workers["decode"]["kv_cache"]["prefix_caching"]


def test_experts_are_split_as_the_catalogue_means_it(tmp_path: Path) -> None:
    decode = Group("decode", "h200-sxm", "dp4-ep4", 2, 20.0)
    prefill = Group("prefill", "h200-sxm", "tp2-ep2", 6, 20.0)
    (first, *_) = replays(EXPERTS, Deployment((prefill,), (decode,)))
    parallelism = first.config(tmp_path)["engine"]["workers"]["decode"]["parallelism"]  # type: ignore[index]
    assert parallelism == {
        **{"replicas": 2, "tensor": 1, "pipeline": 1, "attention_data": 4},
        **{"moe_tensor": 1, "moe_expert": 4},
    }


def test_groups_that_share_a_role_are_replayed_apart_and_weigh_by_their_rates(echo: Referee) -> None:
    rate = rate_rps(SGLANG)
    prefill = (Group("prefill", "h200-sxm", "tp1", 6, rate),)
    decode = (Group("decode", "h200-sxm", "tp2", 1, 0.25 * rate), Group("decode", "h200-sxm", "tp4", 1, 0.75 * rate))
    seen = replayed(echo, SGLANG, Deployment(prefill, decode))
    assert seen.ttft_mean_s == pytest.approx(0.6)
    assert seen.tpot_mean_s == pytest.approx(0.25 * 0.020 + 0.75 * 0.040)
    assert seen.tpot_p99_s == pytest.approx(0.040)


def test_a_referee_is_asked_once(echo: Referee) -> None:
    deployment = of_words("6P tp1 + 3D tp2", "h200-sxm", rate_rps(SGLANG))
    first = [echo.requests(replay) for replay in replays(SGLANG, deployment)]
    echo.__exit__()  # it is gone; what it answered is not
    again = [echo.requests(replay) for replay in replays(SGLANG, deployment)]
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))


def test_start_and_end_are_left_out() -> None:
    requests = np.column_stack([np.arange(100.0), np.zeros(100), np.zeros(100)])
    assert steady(requests, 10.0)[[0, -1], 0].tolist() == [10.0, 89.0]


def test_weighted_quantiles() -> None:
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 2.0])
    assert [weighted_quantile(values, weights, level) for level in (0.25, 0.75, 0.76, 1.0)] == [1.0, 2.0, 3.0, 3.0]


def test_drawn_lengths_have_the_stated_mean_and_spread() -> None:
    drawn = drawn_lengths(CHAT, np.random.default_rng(0), 400_000)
    assert drawn.mean(axis=0) == pytest.approx([1155, 211], rel=0.01)
    assert drawn.std(axis=0) / drawn.mean(axis=0) == pytest.approx([1.0, 1.0], rel=0.05)


def test_a_trace_has_no_prefix_to_share(tmp_path: Path) -> None:
    deployment = of_words("4P tp1 + 3D tp1", "h100-sxm", rate_rps(CHAT))
    first = next(iter(replays(CHAT, deployment)))
    (path,) = first.config(tmp_path)["traffic"]["source"]["paths"]  # type: ignore[index]
    rows = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
    blocks = [block for row in rows for block in row["hash_ids"]]
    assert len(rows) == CHAT.requests
    assert len(blocks) == len(set(blocks)) == sum(-(-row["input_length"] // 512) for row in rows)


STEPPED = BatchCurve(np.array([1.0, 32, 64, 65, 128]), np.array([0.010, 0.013, 0.017, 0.019, 0.025]))


@pytest.mark.parametrize("tokens_per_s", [500.0, 2500.0, 3700.0])
def test_one_instance_is_the_open_chain_of_the_planner(tokens_per_s: float) -> None:
    points = tuple(zip(STEPPED.batches.tolist(), STEPPED.tpot_s.tolist(), strict=True))
    mean_s, p99_s = balanced(STEPPED, 1, tokens_per_s, 0.99)
    assert mean_s == pytest.approx(open_tpot_s(points, tokens_per_s, None), rel=1e-9)
    assert p99_s == pytest.approx(open_tpot_s(points, tokens_per_s, 0.01), rel=1e-9)


def test_a_flat_curve_makes_the_group_an_endless_server() -> None:
    """With a TPOT that does not depend on the batch, N is Poisson (M/G/∞) whatever the number of instances."""
    flat = BatchCurve(np.array([1.0, 1000.0]), np.array([0.01, 0.01]))
    for instances in (1, 3, 7):
        assert balanced(flat, instances, 700.0, 0.99) == pytest.approx((0.01, 0.01))
    steep = BatchCurve(np.array([1.0, 4.0, 5.0, 400.0]), np.array([0.01, 0.01, 0.01000001, 0.01000001]))
    chance = sum(7.0**n * exp(-7.0) / factorial(n) for n in range(4))  # an arrival finds at most 3: its own makes 4
    at_most_4 = balanced(steep, 1, 700.0, chance - 1e-4)[1]
    above = balanced(steep, 1, 700.0, chance + 1e-4)[1]
    assert (at_most_4, above) == pytest.approx((0.01, 0.01000001), abs=1e-10)


def test_balance_narrows_the_spread() -> None:
    alone, five = (balanced(STEPPED, n, 2600.0 * n, 0.99) for n in (1, 5))
    assert five[1] < alone[1]
    assert five[0] == pytest.approx(alone[0], rel=0.02)


def test_an_overloaded_group_has_no_end() -> None:
    assert balanced(STEPPED, 2, 2 * 128 / 0.025, 0.99) == (np.inf, np.inf)
