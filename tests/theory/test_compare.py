"""What `compare` says against enumeration and against fleets that have nothing but what an option may use."""

from __future__ import annotations

import random
from itertools import permutations, product
from math import ceil, inf

import pytest

import pdopt
from tests.samples import changed, cost_of, some, town
from tests.samples import fleet_of as read
from tests.theory.small import case_of, fleet_of, least, needs

RATE = 9.5


def compared(document: dict, prices: bool = False):
    return pdopt.compare(read(document), prices=prices)


def costs(comparison) -> dict[str, float]:
    return {o.what: o.plan.cost_per_hour if o.plan else inf for o in comparison.options}


def counted(case: dict, role: str, gpu: str) -> float:
    return case["prices"][gpu] * ceil(RATE / case[role][gpu] - 1e-12)


@pytest.mark.parametrize("seed", some(range(20), first=7))
def test_every_option_costs_what_enumeration_says(seed):
    case = case_of(random.Random(seed))
    found = costs(compared(fleet_of(case, RATE)))
    for gpu in "ab":
        assert found[f"{gpu} alone"] == pytest.approx(sum(counted(case, role, gpu) for role in ("prefill", "decode")))
    pairs = {
        f"prefill on {p}, decode on {d}": counted(case, "prefill", p) + counted(case, "decode", d)
        for p, d in ("ab", "ba")
    }
    (told,) = found.keys() & pairs.keys()
    assert found[told] == pytest.approx(least(pairs.values()))
    assert pairs[told] == pytest.approx(found[told])
    prices = case["prices"]
    assert found["free mix"] == pytest.approx(least(a * prices["a"] + b * prices["b"] for a, b in needs(case, RATE)))


@pytest.mark.parametrize("seed", some(range(10), first=4))
def test_the_best_pair_of_many_is_the_best_though_few_are_solved(seed):
    case = case_of(random.Random(seed), "abcdef")
    comparison = compared(fleet_of(case, RATE))
    best = least(counted(case, "prefill", p) + counted(case, "decode", d) for p, d in permutations("abcdef", 2))
    (pair,) = (option for option in comparison.options if option.kind == "pair")
    assert pair.plan.cost_per_hour == pytest.approx(best)
    assert pair.whole_counts_aside_per_hour <= best + 1e-9
    assert comparison.pairs == 30
    assert 1 <= comparison.pairs_solved <= 30


def test_some_pairs_need_no_solving():
    assert any(compared(fleet_of(case_of(random.Random(seed), "abcdef"), RATE)).pairs_solved < 15 for seed in range(3))


def test_options_cost_what_fleets_with_nothing_else_cost():
    found = costs(compared(town()))
    for sku, other in (("big-node", "small-node"), ("small-node", "big-node")):
        without = changed(town(), "skus", **{other: None})
        if found[f"{sku} alone"] == inf:
            assert pdopt.solve(read(without)).status == "infeasible"
        else:
            assert found[f"{sku} alone"] == pytest.approx(cost_of(without))
    pairs = {}
    for prefill, decode in (("big", "small"), ("small", "big")):
        apart = town()
        for llm in apart["models"].values():
            llm["prefill"] = [row for row in llm["prefill"] if row["gpu"] == prefill]
            llm["decode"] = [row for row in llm["decode"] if row["gpu"] == decode]
        answer = pdopt.solve(read(apart))
        pairs[f"prefill on {prefill}-node, decode on {decode}-node"] = answer.cost_per_hour or inf
    (told,) = found.keys() & pairs.keys()
    assert found[told] == pytest.approx(min(pairs.values()))
    assert found["free mix"] == pytest.approx(cost_of(town()))


def with_mixed(case: dict, rates: dict[str, float]) -> dict:
    document = fleet_of(case, RATE)
    lengths = {"gpus": 1, "input_tokens": 100, "output_tokens": 10}
    document["models"]["m"]["mixed"] = [
        {**lengths, "gpu": gpu, "requests_per_s": rate, "ttft_mean_ms": 500, "tpot_mean_ms": 50}
        for gpu, rate in rates.items()
    ]
    return document


@pytest.mark.parametrize("seed", some(range(10), first=4))
def test_apart_and_ordinary_instances_against_enumeration(seed):
    rng = random.Random(seed)
    case = case_of(rng)
    rates = {gpu: rng.uniform(1, 5) for gpu in "ab"}
    found = costs(compared(with_mixed(case, rates)))
    prices = case["prices"]
    counts = [(a, b) for a, b in product(range(12), repeat=2) if a * rates["a"] + b * rates["b"] >= RATE]
    mixed = least(a * prices["a"] + b * prices["b"] for a, b in counts)
    assert found["mixed only"] == pytest.approx(mixed)
    apart = least(a * prices["a"] + b * prices["b"] for a, b in needs(case, RATE))
    assert found["disaggregated only"] == pytest.approx(apart)
    assert found["free mix"] <= min(found.values()) + 1e-9


@pytest.mark.parametrize(
    "document",
    [
        town(),
        changed(town(), "skus", "small-node", at_least=14, available=14),
        changed(town(), redundancy={"instances": 1}),
        changed(town(), periods={"night": 8, "day": 16}),
        changed(town(), "skus", "big-node", billing="gpu"),
    ],
)
def test_the_free_mix_is_never_dearer_than_any_other(document):
    comparison = compared(document)
    found = costs(comparison)
    assert found["free mix"] <= min(found.values()) + 1e-6
    assert found["free mix"] == pytest.approx(cost_of(document))
    assert comparison.wins in found
    assert found[comparison.wins] == pytest.approx(found["free mix"])


def test_figures_by_hand():
    """9.5 requests per second of 110 tokens on a at 2 dollars: 4 for prefill at 3 each, 2 for decode at 5."""
    case = {"prices": {"a": 2, "b": 90}, "prefill": {"a": 3.0, "b": 9.0}, "decode": {"a": 5.0, "b": 9.0}}
    document = fleet_of(case, RATE)
    document["skus"]["a"]["power_kw"] = 1.5
    comparison = compared(document)
    alone = comparison.options[0]
    assert (alone.what, alone.plan.instances, alone.plan.nodes) == ("a alone", {"m": "4P2D"}, {"a": 6})
    assert alone.plan.power_kw == pytest.approx(9)
    assert alone.plan.usd_per_million_tokens == pytest.approx(12 / (RATE * 110 * 3600 / 1e6))
    assert comparison.options[1].plan.power_kw is None
    assert alone.whole_counts_aside_per_hour == pytest.approx(2 * (RATE / 3 + RATE / 5))
    prices = {(p.role, p.sku): p.usd_per_million_tokens for p in comparison.role_prices}
    assert prices["prefill", "a"] == pytest.approx(2 / 3 / 3600 / 100 * 1e6)
    assert prices["decode", "b"] == pytest.approx(90 / 9 / 3600 / 10 * 1e6)


def test_the_reason_names_what_whole_counts_cost():
    """b carries all with one of each for 20; a would at 5.7 by fractions, but takes 2 + 2 at 6."""
    case = {"prices": {"a": 6, "b": 10}, "prefill": {"a": 9.0, "b": 9.6}, "decode": {"a": 9.0, "b": 9.6}}
    comparison = compared(fleet_of(case, RATE))
    assert comparison.wins == "b alone"
    assert "a alone" in comparison.why[0] or "prefill on" in comparison.why[0]
    assert "$20.00 per hour" in comparison.why[0]
    whole = 6 * 2 * RATE / 9
    assert any(f"a alone would be cheaper (${whole:,.2f}" in s and "it costs $24.00" in s for s in comparison.why)


def test_prices_are_those_of_explain():
    (comparison, explanation) = compared(town(), prices=True), pdopt.explain(read(town()), only=["prices"])
    assert [s.break_even_usd_per_hour for s in comparison.skus] == [s.break_even_usd_per_hour for s in explanation.skus]


def test_skus_that_cannot_do_it_say_why():
    case = case_of(random.Random(1))
    slow = changed(fleet_of(case, RATE), "skus", c={"gpu": "c", "gpus": 1, "usd_per_hour": 1})
    for role, extra in (
        ("prefill", {"tokens_per_s": 50}),
        ("decode", {"output_tokens": 10, "batch": 1, "tpot_ms": 300}),
    ):
        slow["models"]["m"][role].append({"gpu": "c", "gpus": 1, "input_tokens": 100, **extra})
    few = changed(slow, "skus", "b", available=1)
    few["skus"]["d"] = {"gpu": "d", "gpus": 1, "usd_per_hour": 1}
    few["models"]["m"]["decode"].append({**few["models"]["m"]["decode"][0], "gpu": "d"})
    whys = {option.what: option.why_not for option in compared(few).options}
    assert "out of reach" in whys["c alone"]
    assert "at best" in whys["c alone"]
    assert "no prefill profile for d" in whys["d alone"]
    assert whys["b alone"]
    assert whys["a alone"] is None


def test_a_budget_or_a_weight_on_risk_is_refused():
    for more in ({"budget": {"usd_per_hour": 50}}, {"risk": "worst_case", "scenarios": {"a": {"probability": 1}}}):
        with pytest.raises(ValueError, match="least costs are compared"):
            compared({**town(), **more})
