"""Requirements of shared pools, lanes worth keeping, and ways between prefill and decode."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import ceil, inf

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.samples import changed, fleet_of, lane, paper, town

from pdopt.capacity.handover import handovers, overhead_s
from pdopt.capacity.lanes import every_lane, lane_table
from pdopt.capacity.prune import prune
from pdopt.capacity.requirements import admits, all_minima

levels = st.sampled_from([-3.0, -1.0, 0.1, 0.2, 0.5, 1.0, inf])


@given(st.lists(st.tuples(levels, levels, levels), max_size=6))
def test_minima_of_all_subsets(wanted):
    subsets = (some for n in range(1, len(wanted) + 1) for some in combinations(wanted, n))
    expected = {tuple(min(column) for column in zip(*some, strict=True)) for some in subsets}
    found = all_minima(wanted)
    assert len(found) == len(set(found))
    assert set(found) == expected


def test_a_pool_admits_what_asks_for_no_more():
    assert admits((0.1, inf), (0.2, inf))
    assert not admits((0.1, inf), (0.2, 5.0))
    assert admits((0.1,), (0.1,))


# -- pruning ----------------------------------------------------------------------------------------------------------

ROUTES = [("a", "h"), ("b", "h"), ("c", "h")]
load = st.sampled_from([0.1, 0.2, 0.3, 0.5, 1.0])


@st.composite
def lanes(draw):
    limits = draw(st.integers(1, 2))
    routes = draw(st.lists(st.sampled_from(ROUTES), min_size=1, unique=True))
    loads = {route: tuple(draw(load) for _ in range(limits)) for route in routes}
    return draw(st.sampled_from([2, 4, 8])), draw(st.sampled_from(["S", "T"])), loads, ("x",) * limits


def gpus_for(lane, rates):
    """GPUs that a lane takes to carry rates of its own; infinite when it does not take one of the workloads."""
    if not rates.keys() <= lane.loads.keys():
        return inf
    work = max(sum(lane.loads[r][i] * rate for r, rate in rates.items()) for i in range(len(lane.limits)))
    return ceil(work - 1e-9) * lane.shape.gpus


@given(
    st.lists(lanes(), min_size=1, max_size=7),
    st.dictionaries(st.sampled_from(ROUTES), st.floats(0.01, 40), min_size=1),
)
def test_no_rates_take_more_gpus_after_pruning(made, rates):
    every = [lane(str(i), "prefill", sku, gpus, loads, limits) for i, (gpus, sku, loads, limits) in enumerate(made)]
    kept = prune(every)
    for sku in ("S", "T"):
        before = min((gpus_for(one, rates) for one in every if one.sku == sku), default=inf)
        after = min((gpus_for(one, rates) for one in kept if one.sku == sku), default=inf)
        assert after == before


def test_what_is_pruned_and_what_is_not():
    base = lane("base", "prefill", "S", 4, {ROUTES[0]: 0.4, ROUTES[1]: 0.4})
    slower = lane("slower", "prefill", "S", 4, {ROUTES[0]: 0.5, ROUTES[1]: 0.4})
    double = lane("double", "prefill", "S", 8, {ROUTES[0]: 0.2, ROUTES[1]: 0.2})
    fewer = lane("fewer", "prefill", "S", 4, {ROUTES[0]: 0.4})
    assert [one.name for one in prune([slower, base, double, fewer])] == ["base"]
    small = lane("small", "prefill", "S", 2, {ROUTES[0]: 0.9, ROUTES[1]: 0.7})  # two of it: 0.45 and 0.35 of 4 GPUs
    elsewhere = lane("elsewhere", "prefill", "T", 4, {ROUTES[0]: 0.9, ROUTES[1]: 0.9})
    decode = lane("decode", "decode", "S", 4, {ROUTES[0]: 0.9, ROUTES[1]: 0.9})
    other = lane("other", "prefill", "S", 4, {ROUTES[0]: 0.9, ROUTES[1]: 0.9}, llm="other")
    every = [base, small, elsewhere, decode, other]
    assert prune(every) == every
    assert [one.name for one in prune([base, lane("again", "prefill", "S", 4, base.loads)])] == ["base"]


def test_a_percentile_limit_does_not_hide_behind_the_mean():
    one = lane("one", "prefill", "S", 4, {ROUTES[0]: (0.2, 0.6)}, ("mean wait", "wait percentile"))
    two = lane("two", "prefill", "S", 4, {ROUTES[0]: (0.5, 0.5)}, ("mean wait", "wait percentile"))
    assert prune([one, two]) == [two]  # 0.5 both ways is within 0.6, which binds in the first
    three = lane("three", "prefill", "S", 4, {ROUTES[0]: (0.7, 0.1)}, ("mean wait", "wait percentile"))
    assert prune([three, two]) == [two]


def test_lanes_of_the_town():
    """Every pool of `first` that three workloads can share: by its tightest member, three lanes a shape and role."""
    fleet = fleet_of(town())
    every = [one for one in every_lane(fleet).lanes if one.llm == "first" and one.sku == "big-node"]
    assert sorted((one.role, len({r.workload for r in one.loads})) for one in every) == [
        *(("decode", n) for n in (1, 2, 3)),
        *(("prefill", n) for n in (1, 2, 3)),
    ]
    assert {one.name for one in lane_table(fleet).lanes} <= {one.name for one in every_lane(fleet).lanes}


# -- ways from prefill to decode ---------------------------------------------------------------------------------------


def engines(prefill, decode):
    fleet = paper()
    llm = fleet["models"]["llm"]
    (row,) = llm["prefill"]
    llm["prefill"] = [{**row, **shape} for shape in prefill]
    llm["decode"] = [{**llm["decode"][0], **shape} for shape in decode]
    read = fleet_of(fleet)
    return [
        ({e[1].engine or e[1].precision for e in way.reach_gb_per_s}, {e[1].engine or e[1].precision for e in way.ends})
        for way in handovers(read, read.llms["llm"])
    ]


def test_ends_reached_alike_are_one_handover():
    found = engines([{"engine": "sglang"}], [{"engine": "sglang"}, {"engine": "vllm"}, {}])
    assert ({"sglang"}, {"sglang", ""}) in found
    assert (set(), {"vllm"}) in found
    assert len(found) == 2


def test_precision_must_agree_where_both_state_it():
    found = engines([{"precision": "fp8"}, {"precision": "fp4"}], [{"precision": "fp8"}, {"precision": "fp4"}, {}])
    assert len(found) == 3
    assert all(pair in found for pair in [({"fp8"}, {"fp8"}), ({"fp4"}, {"fp4"}), ({"fp8", "fp4"}, {""})])


def networks(**nics):
    fleet = changed(paper(), "models", "llm", kv_bytes_per_token=100_000)
    fleet["skus"] = {n: {"gpu": "h200", "gpus": 8, "usd_per_hour": 60, "nic_gb_per_s": gb} for n, gb in nics.items()}
    return fleet


def test_bandwidth_tells_handovers_apart():
    fleet = fleet_of(networks(slow=10, fast=50, faster=50))
    ways = {frozenset(sku for sku, _ in way.ends): way for way in handovers(fleet, fleet.llms["llm"])}
    assert ways.keys() == {frozenset({"slow"}), frozenset({"fast", "faster"})}
    quick = {sku: gb for (sku, _), gb in ways[frozenset({"fast", "faster"})].reach_gb_per_s.items()}
    assert quick == {"slow": 10, "fast": 50, "faster": 50}


def test_a_stated_link_goes_before_the_nics():
    fleet = networks(one=50, other=50)
    fleet["transfer"]["links"] = [{"prefill": "one", "decode": "other", "gb_per_s": 400}]
    read = fleet_of(fleet)
    assert read.link_gb_per_s("one", "other") == 400
    assert read.link_gb_per_s("other", "one") == 50


def test_transfer_time():
    """100 kB x 6144 over 50 GB/s are 12.288 ms, besides the stated 100 ms; of a cached prompt all of it is sent."""
    fleet = fleet_of(networks(fast=50))
    chat, llm = fleet.workloads["chat"], fleet.llms["llm"]
    assert overhead_s(fleet, llm, chat, 50) == pytest.approx(0.112288)
    assert overhead_s(fleet, llm, replace(chat, cached_tokens=6000), 50) == pytest.approx(0.112288)
    assert overhead_s(fleet, llm, chat, None) == pytest.approx(0.1)
