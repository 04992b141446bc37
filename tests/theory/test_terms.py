"""Terms and periods against enumeration: what to commit, what to rent when; and their laws."""

from __future__ import annotations

import random
from itertools import product

import pytest

from tests.samples import answer_of, changed, cost_of, paper, some
from tests.theory.small import MOST, case_of, fleet_of, least, needs

PERIODS = {"night": 9, "morning": 3, "day": 12}


def committed(seed: int):
    """A case with reserved and on-demand prices, rates per period, and its fleet."""
    rng = random.Random(seed)
    case = case_of(rng)
    rates = {name: round(rng.uniform(1, 14), 2) for name in PERIODS}
    reserved = {gpu: round(price * rng.uniform(0.4, 0.9), 2) for gpu, price in case["prices"].items()}
    stock = {gpu: rng.randint(1, 5) for gpu in "ab"}
    fleet = changed(fleet_of(case, rates), periods=PERIODS)
    for gpu, sku in fleet["skus"].items():
        price = sku.pop("usd_per_hour")
        sku["terms"] = {
            "year": {"kind": "reserved", "usd_per_hour": reserved[gpu], "available": stock[gpu]},
            "hourly": {"usd_per_hour": price},
        }
    return case, rates, reserved, stock, fleet


def rent(case: dict, have: tuple[int, int], wanted: tuple[int, int]) -> float:
    """Dollars per hour of what is wanted beyond what one has."""
    return sum(max(n - h, 0) * case["prices"][g] for n, h, g in zip(wanted, have, "ab", strict=True))


@pytest.mark.parametrize("seed", some(range(30), first=10))
def test_cost_is_that_of_enumeration(seed):
    case, rates, reserved, stock, fleet = committed(seed)
    choices = {name: needs(case, rate) for name, rate in rates.items()}
    best = least(
        sum(count * reserved[g] for count, g in zip(have, "ab", strict=True))
        + sum(hours / 24 * least(rent(case, have, pair) for pair in choices[name]) for name, hours in PERIODS.items())
        for have in product(*(range(stock[g] + 1) for g in "ab"))
    )
    assert cost_of(fleet) == pytest.approx(best)


@pytest.mark.parametrize("seed", some(range(8), first=5))
def test_the_buy_list_adds_up_and_says_what_pays(seed):
    case, _, reserved, _, fleet = committed(seed)
    plan = answer_of(fleet)
    for rental in plan.skus:
        assert sum(use.usd_per_hour for use in rental.terms) == pytest.approx(rental.usd_per_hour)
        for use in rental.terms:
            if use.kind == "reserved":
                (nodes,) = {holding.nodes for holding in use.periods}
                used = sum(PERIODS[h.period] * h.used for h in use.periods) / 24
                assert use.utilisation == pytest.approx(used / nodes)
                assert use.break_even == pytest.approx(reserved[rental.sku] / case["prices"][rental.sku])
    assert sum(plan.costs.values()) == pytest.approx(plan.cost_per_hour)
    assert sum(t.hours * t.cost_per_hour for t in plan.periods) / 24 == pytest.approx(plan.cost_per_hour)


def test_a_capacity_block_is_paid_and_there_only_in_its_periods():
    case = {"prices": {"a": 10}, "prefill": {"a": 5.0}, "decode": {"a": 5.0}}
    fleet = changed(fleet_of(case, {"night": 5, "day": 15}), periods={"night": 12, "day": 12})
    fleet["skus"]["a"] = {
        "gpu": "a",
        "gpus": 1,
        "terms": {
            "hourly": {"usd_per_hour": 10},
            "block": {"kind": "reserved", "usd_per_hour": 6, "periods": ["day"], "available": 3},
        },
    }
    # night 2 nodes, day 6: three from the block; (2 * 10 + 3 * 6 + 3 * 10) / 2
    plan = answer_of(fleet)
    assert plan.cost_per_hour == pytest.approx(34)
    (block,) = [use for rental in plan.skus for use in rental.terms if use.term == "block"]
    assert [(h.period, h.nodes) for h in block.periods] == [("day", 3)]


def spot_case(seed: int):
    rng = random.Random(seed)
    case = case_of(rng, "a")
    share, away, price = rng.choice([0.25, 0.4, 0.5]), rng.choice([0.0, 0.05, 0.2]), round(rng.uniform(1, 5), 2)
    rate = round(rng.uniform(3, 25), 2)
    fleet = fleet_of(case, rate)
    fleet["skus"]["a"]["terms"] = {
        "hourly": {"usd_per_hour": fleet["skus"]["a"].pop("usd_per_hour")},
        "spot": {"kind": "spot", "usd_per_hour": price, "max_share": share, "interruption": away},
    }
    return case, share, away, price, rate, fleet


@pytest.mark.parametrize("seed", some(range(25), first=8))
def test_spot_within_its_share_is_that_of_enumeration(seed):
    case, share, away, price, rate, fleet = spot_case(seed)
    best = 0.0
    for role in ("prefill", "decode"):
        best += least(
            (n - s) * case["prices"]["a"] + s * price
            for n in range(1, 25)
            for s in range(n + 1)
            if s <= share * n + 1e-9 and (n - away * s) * case[role]["a"] >= rate - 1e-9
        )
    plan = answer_of(fleet)
    assert plan.cost_per_hour == pytest.approx(best)
    for pool in plan.pools:
        assert sum((pool.on_spot or {}).values()) <= share * pool.instances + 1e-9


def test_what_one_owns_comes_first_and_is_paid_in_any_case():
    case = {"prices": {"a": 10}, "prefill": {"a": 5.0}, "decode": {"a": 5.0}}
    fleet = fleet_of(case, 14)
    hours = 4 * 8760
    fleet["skus"]["a"] = {
        "gpu": "a",
        "gpus": 1,
        "terms": {
            "cloud": {"usd_per_hour": 10},
            "own": {"kind": "owned", "usd_per_hour": 1, "available": 4, "capex_usd": 3 * hours, "years": 4},
        },
    }
    plan = answer_of(fleet)  # 6 instances: 4 on one's own nodes at 1, 2 in the cloud at 10; 4 * 3 were spent long ago
    assert plan.cost_per_hour == pytest.approx(4 * 1 + 2 * 10 + 4 * 3)
    assert plan.costs == pytest.approx({"on_demand": 20.0, "owned": 16.0})
    idle = answer_of(changed(fleet, "workloads", "m", requests_per_second=4))  # 2 instances: the others stand idle
    assert idle.cost_per_hour == pytest.approx(2 * 1 + 4 * 3)
    (own,) = [use for rental in idle.skus for use in rental.terms]
    assert (own.nodes, own.utilisation) == (4, pytest.approx(0.5))


def test_more_terms_are_never_dearer():
    fleet = changed(paper(), periods={"night": 8, "day": 16})
    rate = {"night": 3_000_000, "day": 9_000_000}
    fleet["workloads"]["chat"]["tokens_per_minute"] = rate
    one = cost_of(fleet)
    node = fleet["skus"]["node"]
    node["terms"] = {"hourly": {"usd_per_hour": node.pop("usd_per_hour")}}
    assert cost_of(fleet) == pytest.approx(one)
    node["terms"]["year"] = {"kind": "reserved", "usd_per_hour": 39}
    two = cost_of(fleet)
    node["terms"]["spot"] = {"kind": "spot", "usd_per_hour": 20, "max_share": 0.3}
    three = cost_of(fleet)
    assert one > two > three


def test_periods_alike_are_one_and_a_week_is_solved():
    rates = [round(4 + 3 * (1 + (h % 24 in range(8, 20))) * (1 + (h // 24 < 5)), 1) for h in range(168)]
    case = case_of(random.Random(5))
    fleet = changed(fleet_of(case, rates), periods=[1] * 168)
    by_rate = {rate: cost_of(fleet_of(case, rate)) for rate in set(rates)}
    plan = answer_of(fleet)
    assert plan.cost_per_hour == pytest.approx(sum(by_rate[rate] for rate in rates) / 168)
    assert len(plan.periods) == 168
    assert MOST  # the week has several levels
    assert len(by_rate) > 1
