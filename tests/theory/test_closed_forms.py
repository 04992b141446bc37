"""Plans of one workload against the paper's closed formulas; plans of shared pools against the queue itself."""

from __future__ import annotations

from math import ceil, isclose

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pdopt.studies.size import size
from tests.samples import answer_of, changed, cost_of, decode_rows, fleet_of, paper

PRICE = 60  # dollars per hour of a node, which is one instance
TOKENS_PER_MINUTE = 5_000_000


def counts(plan):
    return tuple(sum(p.instances for p in plan.pools if p.role == role) for role in ("prefill", "decode"))


def test_the_paper_all_of_the_demand_needs_4_and_4():
    """(5) and (6) of arXiv 2603.04716: N_pre = 83333.3 x 6144/6656 / 25075.3 = 3.068; N_dec = 6410.3/1714.3 = 3.739."""
    plan = answer_of(paper())
    assert (plan.status, counts(plan), plan.cost_per_hour) == ("optimal", (4, 4), 8 * PRICE)
    assert (plan.bound_per_hour, plan.gap) == (8 * PRICE, 0)


def test_the_paper_96_percent_of_the_demand_needs_3_and_4():
    """0.96 x 3.068 = 2.945 and 0.96 x 3.739 = 3.590."""
    plan = answer_of(paper(min_served=0.96))
    assert (plan.status, counts(plan), plan.cost_per_hour) == ("optimal", (3, 4), 7 * PRICE)


def test_the_paper_by_its_quadratic_fit():
    sizing = size(fleet_of(changed(paper(), assumptions={"decode_fit": "quadratic"})), "chat")
    prefill, decode = sizing.sides if sizing.sides[0].role == "prefill" else reversed(sizing.sides)
    assert prefill.tokens_per_s == pytest.approx(25075.3, abs=0.05)
    assert prefill.instances == pytest.approx(3.068, abs=0.0005)
    assert decode.tokens_per_s == pytest.approx(1690.95, abs=0.05)
    assert decode.instances == pytest.approx(3.791, abs=0.0005)
    assert sizing.pairs[0].prefill_per_decode == pytest.approx(0.809, abs=0.0005)  # (7)
    assert (prefill.whole_instances, decode.whole_instances) == (4, 4)


@pytest.mark.parametrize("ttft_s", [0.5, 1.0, 2.0, 5.0])
@pytest.mark.parametrize(
    ("tpot_ms", "batch"), [(12.8, 10), (16.4, 20), (20, 30 + 10 * 1.2 / 2.8), (22.75, 45), (26.2, 60)]
)
def test_one_workload_costs_what_the_formulas_say(ttft_s, tpot_ms, batch):
    """(13) for prefill; batch / TPOT for decode, the batch read from the paper's table by hand."""
    prefill_tps = 28309 - 6144 / (ttft_s - 0.1)
    decode_tps = batch / tpot_ms * 1e3
    rate = TOKENS_PER_MINUTE / 60 / 6656
    expected = ceil(rate * 6144 / prefill_tps) + ceil(rate * 512 / decode_tps)
    fleet = paper(slo={"ttft_mean_ms": ttft_s * 1e3, "tpot_mean_ms": tpot_ms})
    assert cost_of(fleet) == pytest.approx(expected * PRICE)


def test_looser_than_the_largest_measured_batch_gains_nothing():
    """No extrapolation: past batch 60 at 26.2 ms an instance yields 60 / 0.0262 = 2290 tok/s at most."""
    expected = ceil(12.52003 * 6144 / 25075.3) + ceil(12.52003 * 512 / (60 / 0.0262))
    assert cost_of(paper(slo={"ttft_mean_ms": 2000, "tpot_mean_ms": 500})) == expected * PRICE


@settings(max_examples=15)
@given(rate=st.floats(0.01, 200), ttft_ms=st.integers(350, 9000))
def test_random_demands_cost_what_the_formulas_say(rate, ttft_ms):
    prefill = rate * 6144 / (28309 - 6144 / (ttft_ms / 1e3 - 0.1))
    decode = rate * 512 / (12000 / 7)  # 240/7 requests at 20 ms
    assume(not any(isclose(n, round(n), rel_tol=1e-6) for n in (prefill, decode)))
    slo = {"ttft_mean_ms": ttft_ms, "tpot_mean_ms": 20}
    fleet = changed(paper(slo=slo, requests_per_second=rate), "workloads", "chat", tokens_per_minute=None)
    assert cost_of(fleet) == pytest.approx((ceil(prefill) + ceil(decode)) * PRICE)


def test_exactly_full_instances_are_enough():
    """S = 0.5 s, 1.5 s of wait: 1.5 requests per second each (M/M/1); batch 8 at 80 ms: 100 tok/s, 1.5 of 10 tokens
    are 15 tok/s. Three times 1.5 need three prefill instances, not four, and one decode instance."""
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
                "requests_per_second": 4.5,
                "slo": {"ttft_mean_ms": 2000, "tpot_mean_ms": 80},
            }
        },
    }
    assert cost_of(fleet) == 4
    assert cost_of(changed(fleet, "workloads", "chat", requests_per_second=4.5001)) == 5
    assert cost_of(changed(fleet, "workloads", "chat", requests_per_second=10.0)) == 7 + 1  # 10 x 10 = 100 tok/s: full
    assert cost_of(changed(fleet, "workloads", "chat", requests_per_second=10.001)) == 7 + 2


def shared(chat_rps, code_rps):
    """Two workloads, one prefill shape (2000 and 4000 tokens at 10000 tok/s), decode that costs nothing to have."""
    shape = {"gpu": "g", "gpus": 1}

    def workload(tokens, rate, ttft_ms):
        slo = {"ttft_mean_ms": ttft_ms, "tpot_mean_ms": 50}
        return {
            "model": "llm",
            "input_tokens": tokens,
            "output_tokens": 1,
            "requests_per_second": rate,
            "slo": slo,
        }

    return {
        "skus": {
            "p": {"gpu": "g", "gpus": 1, "usd_per_hour": 10},
            "d": {"gpu": "d", "gpus": 1, "usd_per_hour": 0},
        },
        "models": {
            "llm": {
                "prefill": [{**shape, "input_tokens": n, "tokens_per_s": 10000} for n in (1000, 5000)],
                "decode": [r for n in (1000, 5000) for r in decode_rows([(100, 50)], n, 1, gpu="d", gpus=1)],
            }
        },
        "workloads": {"chat": workload(2000, chat_rps, 500), "code": workload(4000, code_rps, 3000)},
    }


def test_a_shared_pool_is_cheaper_than_two_of_its_own():
    """S = 0.2 and 0.4 s. Alone, chat (slack 0.3) carries 0.3/(0.2 x 0.5) = 3 each and code (slack 2.6)
    2.6/(0.4 x 3) = 2.1667 each. 1.5 and 0.5 fit one instance together: with w = 0.3 the work is
    1.5 x 0.2 x 0.5/0.3 + 0.5 x 0.4 x 0.7/0.3 = 0.5 + 0.46667 = 0.96667."""
    plan = answer_of(shared(1.5, 0.5))
    (pool,) = [p for p in plan.pools if p.role == "prefill"]
    assert (pool.instances, plan.cost_per_hour) == (1, 10)
    assert pool.utilisation == pytest.approx(0.966667, abs=1e-5)


def test_at_full_load_the_tightest_of_a_shared_pool_is_exactly_on_its_target():
    """Pollaczek and Khinchine, v = 1: 1.5 x 0.2² + y x 0.4² over 1 - 1.5 x 0.2 - 0.4 y is 0.3 at y = 15/28."""
    rates = (1.5, 15 / 28)
    busy = rates[0] * 0.2 + rates[1] * 0.4
    wait_s = (rates[0] * 0.2**2 + rates[1] * 0.4**2) / (1 - busy)
    assert wait_s == pytest.approx(0.3)
    plan = answer_of(shared(rates[0], rates[1] * (1 - 1e-9)))
    assert plan.cost_per_hour == 10
    seen = {promise.name: promise.ttft_mean_ms for promise in plan.workloads}
    assert seen == pytest.approx({"chat": 500, "code": 700}, rel=1e-6)  # 0.3 + 0.2 and 0.3 + 0.4 s
    assert cost_of(shared(rates[0], rates[1] * 1.001)) == 20


def test_classes_with_far_apart_targets_are_kept_apart_when_that_is_cheaper():
    """3 and 2.1 a second: alone 3/3 = 1 and 2.1/2.1667 = 0.969, one instance each. All together at w = 0.3 the work is
    1 + 2.1 x 0.4 x 0.7/0.3 = 2.96: three."""
    plan = answer_of(shared(3.0, 2.1))
    assert plan.cost_per_hour == 20
    pools = [p.serves for p in plan.pools if p.role == "prefill"]
    assert sorted(map(sorted, pools)) == [["chat"], ["code"]]


def test_output_tokens_of_a_shared_decode_pool_add_up():
    """1000 + 714 tok/s are a full instance at 20 ms (1714.29 tok/s), 1000 + 715 are not."""
    fleet = paper()
    chat = fleet["workloads"]["chat"]
    del chat["tokens_per_minute"]
    fleet["workloads"] = {
        "one": {**chat, "requests_per_second": 1000 / 512},
        "other": {**chat, "requests_per_second": 714 / 512},
    }
    assert counts(answer_of(fleet)) == (1, 1)
    fleet["workloads"]["other"]["requests_per_second"] = 715 / 512
    assert counts(answer_of(fleet)) == (1, 2)


def test_stock_is_counted_in_nodes_however_it_is_billed():
    """4P4D of 8 GPUs are 8 nodes or 64 GPUs of a 60-dollar node; 7 nodes are one short."""
    for billing in ("node", "gpu"):
        fleet = changed(paper(), "skus", "node", billing=billing, available=8)
        assert cost_of(fleet) == pytest.approx(8 * PRICE)
        short = answer_of(changed(fleet, "skus", "node", available=7))
        assert [(r.sku, r.available, r.nodes_short) for r in short.reasons if r.kind == "stock"] == [("node", 7, 1)]


def test_half_a_node_costs_half_where_gpus_are_billed():
    """One prefill and one decode instance of 4 GPUs: one node of 8, or 8 GPUs; of 2 and 4 GPUs 6/8 of a node."""
    fleet = paper(tokens_per_minute=100_000)
    for role, gpus in (("prefill", 2), ("decode", 4)):
        for row in fleet["models"]["llm"][role]:
            row["gpus"] = gpus
    assert cost_of(fleet) == PRICE
    assert cost_of(changed(fleet, "skus", "node", billing="gpu")) == pytest.approx(PRICE * 6 / 8)
