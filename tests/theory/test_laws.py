"""Laws every planner must obey, whatever the numbers: they compare plans with plans."""

from __future__ import annotations

import copy
import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pdopt
from tests.samples import answer_of, changed, cost_of, fleet_of, paper, town

SLACK = 1e-6  # dollars per hour


def mixed_town() -> dict:
    """The town, where ordinary instances compete with separate ones."""
    fleet = town()
    rows = [
        {"gpu": "big", "gpus": 4, "input_tokens": 1000, "output_tokens": 200, "requests_per_s": rate, **seen}
        for rate, seen in (
            (0.5, {"ttft_mean_ms": 120, "tpot_mean_ms": 12}),
            (1.5, {"ttft_mean_ms": 260, "tpot_mean_ms": 19}),
            (2.5, {"ttft_mean_ms": 700, "tpot_mean_ms": 33}),
        )
    ]
    fleet["models"]["first"]["mixed"] = rows
    return fleet


def random_arrivals() -> dict:
    """One LLM of the town under random arrivals, with a percentile target."""
    fleet = changed(town(), assumptions={"decode_load": "open", "prefill_service_cv2": 0.5})
    for name in ("batch", "search", "mail"):
        del fleet["workloads"][name]
    del fleet["models"]["second"]
    fleet["workloads"]["chat"]["slo"]["ttft_p95_ms"] = 700
    return fleet


FLEETS = {"paper": paper, "town": town, "mixed": mixed_town, "random arrivals": random_arrivals}


@pytest.fixture(scope="module", params=FLEETS)
def fleet(request):
    return FLEETS[request.param]()


@pytest.fixture(scope="module")
def cost(fleet):
    return cost_of(fleet)


def demand_times(fleet: dict, factor: float) -> dict:
    result = copy.deepcopy(fleet)
    for workload in result["workloads"].values():
        for key in workload.keys() & {"requests_per_second", "tokens_per_minute"}:
            workload[key] *= factor
    return result


def targets_times(fleet: dict, factor: float) -> dict:
    result = copy.deepcopy(fleet)
    for workload in result["workloads"].values():
        workload["slo"] = {key: bound * factor for key, bound in workload["slo"].items()}
    return result


def halves(fleet: dict, name: str) -> dict:
    """Split one workload into two that are alike and share its demand."""
    result = demand_times(fleet, 1.0)
    half = result["workloads"].pop(name)
    for key in half.keys() & {"requests_per_second", "tokens_per_minute"}:
        half[key] /= 2
    result["workloads"] |= {f"{name} one": half, f"{name} two": copy.deepcopy(half)}
    return result


def test_more_demand_is_never_cheaper(fleet, cost):
    assert cost_of(demand_times(fleet, 1.07)) >= cost - SLACK
    assert cost_of(demand_times(fleet, 0.7)) <= cost + SLACK


def test_ten_times_the_demand_costs_at_most_ten_times_as_much(fleet, cost):
    """Ten copies of a plan carry ten times the demand (stock aside)."""
    endless = demand_times(fleet, 10)
    for sku in endless["skus"].values():
        sku.pop("available", None)
    assert cost_of(endless) <= 10 * cost + SLACK


def test_tighter_targets_are_never_cheaper(fleet, cost):
    assert cost_of(targets_times(fleet, 0.93)) >= cost - SLACK
    assert cost_of(targets_times(fleet, 1.5)) <= cost + SLACK


def test_more_percentiles_are_never_cheaper(fleet, cost):
    stricter = copy.deepcopy(fleet)
    for workload in stricter["workloads"].values():
        if "mixed" not in stricter["models"][workload["model"]]:
            workload["slo"]["ttft_p99_ms"] = 6 * workload["slo"]["ttft_mean_ms"]
    assert cost_of(stricter) >= cost - SLACK


def test_a_workload_in_two_halves_costs_the_same(fleet, cost):
    assert cost_of(halves(fleet, "chat")) == pytest.approx(cost, abs=SLACK)


def test_workloads_that_are_alike_may_as_well_be_one(fleet):
    """The other way round: two copies of a workload cost what one with the demand of both costs."""
    twice = copy.deepcopy(fleet)
    twice["workloads"]["copy"] = copy.deepcopy(twice["workloads"]["chat"])
    merged = copy.deepcopy(fleet)
    for key in merged["workloads"]["chat"].keys() & {"requests_per_second", "tokens_per_minute"}:
        merged["workloads"]["chat"][key] *= 2
    assert cost_of(twice) == pytest.approx(cost_of(merged), abs=SLACK)


def test_prices_scale_the_cost(fleet, cost):
    dearer = copy.deepcopy(fleet)
    for sku in dearer["skus"].values():
        sku["usd_per_hour"] *= 3.7
    assert cost_of(dearer) == pytest.approx(3.7 * cost)


def test_free_nodes_cost_nothing(fleet):
    free = copy.deepcopy(fleet)
    for sku in free["skus"].values():
        sku["usd_per_hour"] = 0
        sku.pop("available", None)
    assert cost_of(free) == 0


def test_one_more_sku_never_hurts(fleet, cost):
    more = copy.deepcopy(fleet)
    first = next(iter(more["skus"].values()))
    more["skus"]["single"] = {**first, "gpus": 4, "usd_per_hour": first["usd_per_hour"] * 0.52}
    assert cost_of(more) <= cost + SLACK


def test_a_sku_nobody_has_profiles_for_changes_nothing(fleet, cost):
    strange = copy.deepcopy(fleet)
    strange["skus"]["strange"] = {"gpu": "strange", "gpus": 8, "usd_per_hour": 0.01}
    assert cost_of(strange) == pytest.approx(cost, abs=SLACK)


def test_billing_by_gpu_is_never_dearer_than_by_node(fleet, cost):
    by_gpu = copy.deepcopy(fleet)
    for sku in by_gpu["skus"].values():
        sku["billing"] = "gpu"
    assert cost_of(by_gpu) <= cost + SLACK


def test_less_stock_never_helps(fleet, cost):
    """Stock of exactly what a plan uses changes nothing; one node less of one SKU costs more, or cannot be done."""
    plan = answer_of(fleet)
    enough = copy.deepcopy(fleet)
    for rental in plan.skus:
        enough["skus"][rental.sku]["available"] = rental.nodes
    assert cost_of(enough) == pytest.approx(cost, abs=SLACK)
    for rental in plan.skus:
        short = copy.deepcopy(fleet)
        short["skus"][rental.sku]["available"] = rental.nodes - 1
        answer = answer_of(short)
        assert answer.status == "infeasible" or answer.cost_per_hour >= cost - SLACK


def test_margins_are_never_cheaper(fleet, cost):
    assert cost_of(changed(fleet, margins={"demand": 0.1, "prefill": 0.05, "decode": 0.05})) >= cost - SLACK


def test_the_order_of_things_changes_nothing(fleet, cost):
    turned = copy.deepcopy(fleet)
    for section in ("skus", "models", "workloads"):
        turned[section] = dict(reversed(turned[section].items()))
    for llm in turned["models"].values():
        for rows in llm.values():
            rows.reverse()
    assert cost_of(turned) == pytest.approx(cost, abs=SLACK)


def test_the_same_fleet_gives_the_same_plan(fleet):
    one, other = (json.loads(pdopt.solve(fleet_of(fleet)).to_json()) for _ in range(2))
    assert one.pop("effort").keys() == other.pop("effort").keys()
    assert one == other


@settings(max_examples=8)
@given(chat=st.floats(0.1, 30), code=st.floats(0.1, 12), more=st.floats(1.001, 2.0), tighter=st.floats(0.9, 0.999))
def test_laws_hold_for_random_demands(chat, code, more, tighter):
    fleet = town()
    fleet["workloads"] = {name: fleet["workloads"][name] for name in ("chat", "code")}
    fleet["skus"]["small-node"].pop("available")
    fleet["workloads"]["chat"]["requests_per_second"] = chat
    fleet["workloads"]["code"]["requests_per_second"] = code
    cost = cost_of(fleet)
    assert cost_of(demand_times(fleet, more)) >= cost - SLACK
    assert cost_of(targets_times(fleet, tighter)) >= cost - SLACK
    alone = [changed(fleet, workloads={name: fleet["workloads"][name]}) for name in ("chat", "code")]
    assert cost <= sum(map(cost_of, alone)) + SLACK


@pytest.mark.parametrize("served", ["1/4", "1/2", "24/25", "1"])
def test_min_served_is_less_demand(served):
    fraction = float(Fraction(served))
    assert cost_of(paper(min_served=fraction)) == cost_of(demand_times(paper(), fraction))
