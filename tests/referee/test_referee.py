"""The referee against numbers derived by hand."""

import copy
import math
import random
from dataclasses import replace

import pytest

from tests.referee.audit import broken_promises
from tests.referee.cases import NODE_USD_PER_H, PAPER_CURVE, paper_fleet, paper_plan, textbook_fleet
from tests.referee.decode import Curve, steady_tps
from tests.referee.fleets import Knobs, random_fleet
from tests.referee.open_arrivals import OpenInstance
from tests.referee.optimum import optimum
from tests.referee.prefill import mean_wait_s, percentile_s


@pytest.mark.parametrize("fit", ["linear", "quadratic"])
def test_paper_needs_4p4d_for_all_and_3p4d_for_96_percent(fit):
    assumed = {"assumptions": {"decode_fit": fit}}
    assert optimum(paper_fleet() | assumed) == 8 * NODE_USD_PER_H
    assert optimum(paper_fleet(min_served=0.96) | assumed) == 7 * NODE_USD_PER_H


def test_stock_of_seven_nodes_cannot_carry_all_of_the_paper():
    fleet = paper_fleet()
    fleet["skus"]["h200-node"]["available"] = 7
    assert optimum(fleet) is None


def test_single_gpu_billing_charges_used_gpus_only():
    fleet = paper_fleet()
    fleet["skus"]["h200-node"] |= {"gpus": 16, "billing": "gpu"}
    assert optimum(fleet) == pytest.approx(4 * NODE_USD_PER_H)


def test_paper_decode_throughputs():
    # Linear: 20 ms lies 1.2/2.8 of the way from batch 30 to 40, so batch 34.2857 at 20 ms.
    assert steady_tps(PAPER_CURVE, 0.020) == pytest.approx((30 + 10 * 1.2 / 2.8) / 0.020)
    assert steady_tps(PAPER_CURVE, 0.020, quadratic=True) == pytest.approx(1690.95, abs=0.01)
    assert OpenInstance(PAPER_CURVE).highest_load_tps("mean", 0.020) == pytest.approx(1665.7, abs=0.05)
    assert steady_tps(PAPER_CURVE, 0.0127) == 0
    assert steady_tps(replace(PAPER_CURVE, largest_batch=25), 0.020) == pytest.approx(25 / 0.0176)


def test_a_dip_is_used_beyond_a_step():
    curve = Curve((10, 20, 30), (0.010, 0.030, 0.015), 30)
    assert steady_tps(curve, 0.015) == pytest.approx(30 / 0.015)
    assert steady_tps(curve, 0.014) == pytest.approx(10 / 0.010)  # larger batches within 14 ms carry less


def test_open_arrivals_at_constant_tpot_are_an_infinite_server_then_a_single_one():
    # Batch of at most one at 1 s per token: M/M/1 with rate 1, mean time 1/(1 - load), P(N = n) geometric.
    instance = OpenInstance(Curve((1,), (1.0,), 1))
    assert instance.tpot_s("mean", 0.75) == pytest.approx(4.0)
    assert instance.highest_load_tps("mean", 4.0) == pytest.approx(0.75)
    # b(N + 1) = N + 1 <= 2 has probability 1 - load^2.
    assert instance.highest_load_tps("p90", 2.0) == pytest.approx(math.sqrt(0.1))
    assert instance.tpot_s("p90", 0.3) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("cv2", "slo", "per_instance_rps"),
    [
        (1, {"ttft_mean_ms": 2000}, 0.5),  # 1 / (1 - rate) = 2
        (0, {"ttft_mean_ms": 2000}, 2 / 3),  # rate / 2 / (1 - rate) = 1
        (1, {"ttft_p90_ms": 1000 * 2 * math.log(10)}, 0.5),  # ln 10 / (1 - rate) = 2 ln 10
        (0, {"ttft_p90_ms": 1000 * (1 + math.log(10))}, 0.5),  # 1 + ln 10 / 2 / (1 - rate)
    ],
)
def test_textbook_queue_counts_instances(cv2, slo, per_instance_rps):
    slo = slo | {"tpot_mean_ms": 1.5}
    for count in (1, 2, 3):
        fits = textbook_fleet(count * per_instance_rps * 0.999, slo, prefill_service_cv2=cv2)
        breaks = textbook_fleet(count * per_instance_rps * 1.001, slo, prefill_service_cv2=cv2)
        assert (optimum(fits), optimum(breaks)) == (count + 1, count + 2)


def test_two_classes_wait_for_one_another():
    # Services 1 s and 2 s at 0.2 rps each: W = (0.2 * 1 + 0.2 * 4) / (1 - 0.6).
    assert mean_wait_s({"a": 0.2, "b": 0.2}, {"a": 1.0, "b": 2.0}, 1.0) == pytest.approx(2.5)
    assert percentile_s("wait", "p90", 1.0, 0.5, ({"a": 1.0, "b": 2.0}, 0.0)) == pytest.approx(1 + 2 * math.log(10))


def test_target_below_idle_time_is_infeasible():
    assert optimum(textbook_fleet(0.1, {"ttft_mean_ms": 1000, "tpot_mean_ms": 1.5})) is None
    assert optimum(textbook_fleet(0.1, {"ttft_mean_ms": 2000, "tpot_mean_ms": 0.9})) is None


def test_length_outside_measurements_is_infeasible():
    assert optimum(paper_fleet(cached_tokens=100)) is None
    assert optimum(paper_fleet(output_tokens=513)) is None


def test_engines_that_cannot_talk_are_infeasible():
    fleet = paper_fleet()
    llm = fleet["models"]["deepseek-v3.1"]
    llm["prefill"] = [row | {"engine": "sglang"} for row in llm["prefill"]]
    assert optimum(fleet) == 8 * NODE_USD_PER_H
    llm["decode"] = [row | {"engine": "vllm"} for row in llm["decode"]]
    assert optimum(fleet) is None


def test_mixed_instances_win_where_they_are_cheaper():
    fleet = paper_fleet()
    row = {"gpu": "h200-sxm", "gpus": 8, "input_tokens": 6144, "output_tokens": 512}
    slow, fast = {"ttft_mean_ms": 1000, "tpot_mean_ms": 10}, {"ttft_mean_ms": 3000, "tpot_mean_ms": 15}
    rows = [row | slow | {"requests_per_s": 1.0}, row | fast | {"requests_per_s": 5.0}]
    fleet["models"]["deepseek-v3.1"]["mixed"] = rows
    # TTFT reaches 2 s halfway, at 3 rps; 12.52 rps take five instances.
    assert optimum(fleet) == 5 * NODE_USD_PER_H


def test_margins_are_held_back():
    fleet = paper_fleet(min_served=0.96) | {"margins": {"demand": 0.05}}
    assert optimum(fleet) == 8 * NODE_USD_PER_H


def test_audit_believes_the_paper():
    # 3P4D at 12.1 rps: mu = 28309/6144, TTFT = 0.1 + 1/(mu - 12.1/3); TPOT where batch / TPOT = 12.1 * 512 / 4.
    ttft_ms = 100 + 1000 / (28309 / 6144 - 12.1 / 3)
    load_per_ms = 12.1 * 512 / 4 / 1000
    tpot_ms = 16.4 / (1 - 0.24 * load_per_ms) * (1 - 0.24 * 20 / 16.4)
    plan = paper_plan(3, 12.1, ttft_mean_ms=ttft_ms, tpot_mean_ms=tpot_ms)
    assert broken_promises(paper_fleet(min_served=0.96), plan) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"cost_per_hour": 60.0}, "per hour"),
        ({"skus": [{"sku": "h200-node", "nodes": 6, "usd_per_hour": 70.0}]}, "GPUs used"),
        ({"workloads": [{"name": "chat", "demand_rps": 12.1, "served_rps": 12.1}]}, "states a demand"),
        ({"bound_per_hour": 71.0}, "bound"),
    ],
)
def test_audit_names_what_is_broken(change, complaint):
    plan = copy.deepcopy(paper_plan(3, 12.1)) | change
    assert any(complaint in sentence for sentence in broken_promises(paper_fleet(min_served=0.96), plan))


def test_audit_sees_unmet_targets_and_demand():
    assert any("need" in s for s in broken_promises(paper_fleet(), paper_plan(3, 12.1)))
    assert any("target" in s for s in broken_promises(paper_fleet(), paper_plan(3, 5e6 / 60 / 6656)))
    wrong = paper_plan(4, 5e6 / 60 / 6656, ttft_mean_ms=300)
    assert any("should be" in s for s in broken_promises(paper_fleet(), wrong))


def test_random_fleets_are_mostly_feasible_and_cost_more_with_more_demand():
    costs = []
    for seed in range(40):
        fleet = random_fleet(random.Random(seed), Knobs.simple())
        more = copy.deepcopy(fleet)
        for workload in more["workloads"].values():
            key = "requests_per_second" if "requests_per_second" in workload else "tokens_per_minute"
            workload[key] *= 1.3
        cost, dearer = optimum(fleet), optimum(more)
        assert dearer is None or (cost is not None and dearer >= cost * (1 - 1e-9))
        costs.append(cost)
    assert sum(cost is not None for cost in costs) >= 28
