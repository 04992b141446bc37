"""Margins are survived, exactly those; headroom says how much a plan survives."""

from __future__ import annotations

import pytest
from tests.samples import answer_of, changed, decode_rows, fleet_of, paper, town

import pdopt
from pdopt.capacity.margins import with_margins
from pdopt.plan.conditions import with_margins_used_up

STEP = 0.001  # headroom is found by halving 0 to 900 % fourteen times


def test_margins_change_demand_and_speed():
    fleet = with_margins(fleet_of(changed(paper(), margins={"demand": "10 %", "prefill": 0.05, "decode": 0.2})))
    assert fleet.workloads["chat"].demand_rps == pytest.approx(12.520032 * 1.1)
    llm = fleet.llms["llm"]
    assert llm.prefill[0].tokens_per_s == pytest.approx((28309 * 0.95,))
    assert llm.decode[0].curves[0].tpot_s[0] == pytest.approx(0.0128 / 0.8)


def test_margins_used_up_are_instances_that_much_slower():
    """A fifth of the speed lost makes everything take 1/0.8 as long."""
    fleet = fleet_of(changed(paper(), margins={"demand": 0.1, "prefill": 0.2, "decode": 0.5}))
    used_up = with_margins_used_up(fleet)
    assert used_up.all_demand == pytest.approx(1.1)
    assert (used_up.prefill_slower, used_up.decode_slower, used_up.mixed_slower) == pytest.approx((1.25, 2.0, 2.0))


@pytest.mark.parametrize(
    ("margins", "rate", "cost"),
    [
        ({}, 4.5, 3 + 1),  # 1.5 requests per second each (S = 0.5 s, 1.5 s of wait, M/M/1)
        ({"demand": 0.125}, 4.0, 3 + 1),  # 4 x 1.125 = 4.5
        ({"demand": 0.126}, 4.0, 4 + 1),
        ({"prefill": 0.2}, 2.976, 3 + 1),  # S = 0.625, 1.375 s of wait: 1.375 / (0.625 x 2) = 1.1 each, 3.3
        ({"prefill": 0.2}, 3.3, 3 + 1),
        ({"prefill": 0.2}, 3.301, 4 + 1),
        ({"decode": 0.2}, 3.9, 3 + 1),  # 8 / 100 ms = 80 tok/s instead of 100, for 10 tokens a request
        ({"decode": 0.2}, 8.1, 6 + 2),
    ],
)
def test_margins_cost_what_they_must(margins, rate, cost):
    fleet = {
        "skus": {"node": {"gpu": "g", "gpus": 1, "usd_per_hour": 1}},
        "models": {
            "llm": {
                "prefill": [{"gpu": "g", "gpus": 1, "input_tokens": 1000, "tokens_per_s": 2000}],
                "decode": decode_rows([(8, 80)], 1000, 10, gpu="g", gpus=1),
            }
        },
        "workloads": {
            "chat": {
                "model": "llm",
                "input_tokens": 1000,
                "output_tokens": 10,
                "requests_per_second": rate,
                "slo": {"ttft_mean_ms": 2000, "tpot_mean_ms": 100},
            }
        },
        "margins": margins,
    }
    answer = answer_of(fleet)
    assert (answer.status, answer.cost_per_hour) == ("optimal", cost)
    assert answer.workloads[0].served_rps == pytest.approx(rate)  # stated at the demand as stated


def test_headroom_of_the_paper():
    """4 x 1714.286 / (12.520032 x 512) = 1.06971: decode breaks first. Prefill at 3.13 a second and instance keeps 2 s
    down to mu = 3.13001 + 1/1.9 = 3.65632 of 4.60758 requests per second: 20.646 % slower. Decode, x slower, yields
    1602.56 tok/s at 20 (1 - x) ms of the curve, on 18.8 to 21.6 ms: (30 + 10 (19.39 - 18.8)/2.8)/19.39 at 3.03 %."""
    chat = answer_of(paper()).workloads[0].headroom
    assert chat.demand == pytest.approx(0.0697, abs=STEP)
    assert chat.prefill_slower == pytest.approx(0.20646, abs=STEP)
    left = 20 * (1 - chat.decode_slower)
    yielded = (30 + 10 * (left - 18.8) / 2.8) / 20e-3
    assert yielded == pytest.approx(12.520032 * 512 / 4, rel=0.003)
    assert chat.mixed_slower is None


def test_headroom_is_at_least_the_margins():
    for margins in ({"demand": 0.1}, {"prefill": 0.1}, {"decode": 0.1}):
        plan = answer_of(changed(town(), margins=margins))
        for promise in plan.workloads:
            found = {
                "demand": promise.headroom.demand,
                "prefill": promise.headroom.prefill_slower,
                "decode": promise.headroom.decode_slower,
            }
            for key, fraction in margins.items():
                assert found[key] >= fraction - STEP, (promise.name, key)


def test_margins_that_are_just_used_up_are_the_headroom():
    """The demand that fills three instances when grown by 12.5 %."""
    plan = answer_of(changed(paper(min_served=0.85), margins={"demand": 3 / 3.0676 / 0.85 - 1.0001}))
    assert [p.instances for p in plan.pools if p.role == "prefill"] == [3]
    assert plan.workloads[0].headroom.demand == pytest.approx(3 / 3.0676 / 0.85 - 1, abs=2 * STEP)


def test_headroom_breaks_nothing_and_more_does():
    document = paper()
    fleet = fleet_of(document)
    plan = pdopt.solve(fleet)
    found = plan.workloads[0].headroom.demand
    for growth, holds in ((found - STEP, True), (found + STEP, False)):
        grown = changed(document, "workloads", "chat", tokens_per_minute=5_000_000 * (1 + growth))
        same = [p.instances for p in answer_of(grown).pools] == [p.instances for p in plan.pools]
        assert same == holds
