"""What `explain` says against enumeration, which knows neither lanes nor programs nor dual prices."""

from __future__ import annotations

import random
from itertools import product
from math import inf

import pytest

import pdopt
from tests.samples import answer_of, changed, cost_of, paper, some, town, village
from tests.samples import fleet_of as read
from tests.theory.test_redundancy import fleet_of, least, two_gpus

MOST = 9


def nodes_of(case: dict, **other):
    """Every pair of nodes (of a, of b) that carries the rate, idle ones left out."""
    asked = {**case, **other}
    carrying = {}
    for role in ("prefill", "decode"):
        counts = product(range(MOST), repeat=2)
        carrying[role] = [n for n in counts if n[0] * asked[role]["a"] + n[1] * asked[role]["b"] >= asked["rate"]]
    return {(p[0] + d[0], p[1] + d[1]) for p, d in product(carrying["prefill"], carrying["decode"])}


def cheapest(case: dict, allowed=lambda a, b: True, **other) -> float:
    prices = {**case["prices"], **other.pop("prices", {})}
    return min((a * prices["a"] + b * prices["b"] for a, b in nodes_of(case, **other) if allowed(a, b)), default=inf)


def explained(document: dict, *only: str):
    return pdopt.explain(read(document), only=only)


def lifted(explanation, key: str, had: float) -> float:
    """Dollars by which the cost changes without a limit: told as the limit that is as good, or as none."""
    found = [e for e in (*explanation.effects, *explanation.slack) if e.changes[0]["set"] == key]
    best = max(found, key=lambda e: (inf if (to := e.changes[0]["to"]) is None else to, e.saves_at_least))
    assert best.changes[0]["from"] == had
    assert best.cost_changes_by.exact
    return best.cost_changes_by.most


def difference(explanation, **change) -> float:
    """Dollars by which the cost changes; all effects of one change agree."""
    (key, to) = next(iter(change.items()))
    path = key.replace("__", ".")
    found = [
        effect.cost_changes_by
        for effect in (*explanation.effects, *explanation.slack)
        if [(c["set"], c["to"]) for c in effect.changes] == [(path, pytest.approx(to) if to is not None else None)]
    ]
    assert found, path
    (span,) = found
    assert span.exact
    return span.most


@pytest.mark.parametrize("seed", some(range(20), first=6))
def test_one_more_node_or_kilowatt_saves_what_enumeration_says(seed):
    rng = random.Random(seed)
    case = two_gpus(rng, spares=0)
    stock = {gpu: rng.randint(0, 5) for gpu in "ab"}
    power = {gpu: round(rng.uniform(0.5, 3), 1) for gpu in "ab"}
    limit_kw = round(rng.uniform(4, 20), 1)
    fleet = {**fleet_of(case), "limits": {"power_kw": limit_kw, "max_skus": 1}}
    for gpu, sku in fleet["skus"].items():
        sku |= {"power_kw": power[gpu], "available": stock[gpu]}

    def least_cost(stock=stock, limit_kw=limit_kw, most=1):
        def allowed(a, b):
            drawn = a * power["a"] + b * power["b"]
            return a <= stock["a"] and b <= stock["b"] and drawn <= limit_kw + 1e-9 and (a > 0) + (b > 0) <= most

        return cheapest(case, allowed)

    explanation, now = explained(fleet, "limits"), least_cost()
    if now == inf:
        assert explanation.status == "infeasible"
        return
    for gpu in "ab":
        without = least_cost({**stock, gpu: inf}) - now
        assert lifted(explanation, f"skus.{gpu}.available", stock[gpu]) == pytest.approx(without)
        if without < 0:
            more = least_cost({**stock, gpu: stock[gpu] + 1}) - now
            assert difference(explanation, **{f"skus__{gpu}__available": stock[gpu] + 1}) == pytest.approx(more)
    assert lifted(explanation, "limits.power_kw", limit_kw) == pytest.approx(least_cost(limit_kw=inf) - now)
    assert lifted(explanation, "limits.max_skus", 1) == pytest.approx(least_cost(most=2) - now)


def test_the_limit_told_to_be_enough_is_enough_and_one_less_is_not():
    fleet = changed(paper(), "skus", cheap={"gpu": "h200", "gpus": 8, "usd_per_hour": 30, "available": 3})
    (best, one_more) = explained(fleet, "limits").effects[:2]
    assert [effect.changes[0]["to"] for effect in (best, one_more)] == [8, 4]
    costs = [cost_of(changed(fleet, "skus", "cheap", available=nodes)) for nodes in (3, 8, 7)]
    assert best.cost_changes_by.most == pytest.approx(costs[1] - costs[0])
    assert costs[2] > costs[1]


def test_cases_of_the_enumeration_do_bind():
    """Some of the fleets above must save something, some nothing, or they would test little."""
    case = two_gpus(random.Random(3), spares=0)
    dear, cheap = sorted("ab", key=lambda gpu: -case["prices"][gpu])
    assert cheapest(case) < cheapest(case, lambda a, b: {"a": a, "b": b}[cheap] == 0)
    fleet = changed(fleet_of(case), "skus", cheap, available=0)
    assert explained(fleet, "limits").most_valuable.changes[0]["set"] == f"skus.{cheap}.available"
    assert dear in fleet["skus"]


@pytest.mark.parametrize("seed", some(range(20), first=6))
def test_caution_costs_what_enumeration_says(seed):
    case = two_gpus(random.Random(seed), spares=0)
    margin = 0.1
    fleet = changed(fleet_of(case), margins={"demand": margin})
    explanation = explained(fleet, "limits", "slos")
    rate = case["rate"]
    now = cheapest(case, rate=rate * 1.1)

    def faster(change: float, mu: float = 1.0):  # TTFT mean T and M/M/1 at rate mu: T = 1 / (mu - rate)
        prefill = {gpu: (capacity + 1) * mu - 1 / (1 + change) for gpu, capacity in case["prefill"].items()}
        return cheapest(case, rate=rate * 1.1, prefill=prefill) - now

    assert explanation.cost_per_hour == pytest.approx(now)
    assert difference(explanation, margins__demand=0.0) == pytest.approx(cheapest(case) - now)
    assert difference(explanation, margins__demand=0.2) == pytest.approx(cheapest(case, rate=rate * 1.2) - now)
    assert difference(explanation, margins__prefill=0.1) == pytest.approx(faster(0.0, mu=0.9))
    assert difference(explanation, margins__prefill=0.05) == pytest.approx(faster(0.0, mu=0.95))
    served = cheapest(case, rate=rate * 1.1 * 0.99) - now
    assert difference(explanation, workloads__w__min_served=0.99) == pytest.approx(served)
    assert difference(explanation, workloads__w__slo__ttft_mean_ms=1100) == pytest.approx(faster(0.1))
    assert difference(explanation, workloads__w__slo__ttft_mean_ms=900) == pytest.approx(faster(-0.1))


@pytest.mark.parametrize("seed", some(range(10), first=5))
def test_an_instance_of_redundancy_costs_what_enumeration_says(seed):
    case = two_gpus(random.Random(seed), spares=2)
    fewer = {**case, "spares": 1}
    costs = [sum(least(c[role], c) for role in ("prefill", "decode")) for c in (case, fewer)]
    explanation = explained(fleet_of(case), "limits")
    assert difference(explanation, redundancy__instances=1) == pytest.approx(costs[1] - costs[0])


def test_a_node_of_redundancy_and_a_deviation_cost_what_plans_without_them_save():
    fleet = changed(village(), redundancy={"nodes": 1}, uncertainty={"workloads": 2, "deviation": 0.3})
    explanation, now = explained(fleet, "limits"), cost_of(fleet)
    without = cost_of(changed(fleet, redundancy=None)) - now
    surer = cost_of(changed(fleet, uncertainty={"workloads": 1, "deviation": 0.3})) - now
    assert difference(explanation, redundancy__nodes=0) == pytest.approx(without)
    assert difference(explanation, uncertainty__workloads=1) == pytest.approx(surer)
    assert without < 0


@pytest.mark.parametrize("seed", some(range(30), first=10))
def test_break_even_prices_are_those_of_enumeration(seed):
    case = two_gpus(random.Random(seed), spares=0)
    now = cheapest(case)
    for sku in explained(fleet_of(case), "prices").skus:
        index, other = "ab".index(sku.sku), "ba"["ab".index(sku.sku)]
        without = cheapest(case, lambda a, b, i=index: (a, b)[i] == 0)
        target = without if sku.nodes else now
        prices = [(target - n[1 - index] * case["prices"][other]) / n[index] for n in nodes_of(case) if n[index]]
        assert sku.break_even_usd_per_hour.exact
        assert sku.break_even_usd_per_hour.most == pytest.approx(max(prices), abs=1e-5)
        if sku.nodes:
            assert sku.saves.most == pytest.approx(without - now)
        else:
            one = cheapest(case, lambda a, b, i=index: (a, b)[i] >= 1)  # used, or one idle node beside the plan
            idle = now + case["prices"][sku.sku]
            assert sku.one_node_costs.most == pytest.approx(min(one, idle) - now)


@pytest.mark.parametrize("billing", ["node", "gpu"])
def test_a_sku_enters_just_below_its_price_and_not_just_above(billing):
    fleet = changed(paper(), "skus", rival={"gpu": "h200", "gpus": 16, "usd_per_hour": 500, "billing": billing})
    (rival,) = (sku for sku in explained(fleet, "prices").skus if sku.sku == "rival")
    price = rival.break_even_usd_per_hour.most
    assert price == pytest.approx(120)  # two nodes of 60 in one
    used = {
        factor: any(
            r.sku == "rival" for r in answer_of(changed(fleet, "skus", "rival", usd_per_hour=price * factor)).skus
        )
        for factor in (0.999, 1.001)
    }
    assert used == {0.999: True, 1.001: False}


def test_a_sku_in_use_leaves_just_above_its_price_and_not_just_below():
    fleet = town()
    for sku in explained(fleet, "prices").skus:
        price = sku.break_even_usd_per_hour.most
        below, above = (answer_of(changed(fleet, "skus", sku.sku, usd_per_hour=price * f)) for f in (0.999, 1.001))
        without = cost_of(changed(fleet, "skus", sku.sku, available=0))
        assert below.cost_per_hour < without - 1e-6
        assert above.cost_per_hour == pytest.approx(without)
        assert sku.sku not in {rental.sku for rental in above.skus}


def test_nodes_wanted_in_any_case_do_not_change_the_price_at_which_a_sku_leaves():
    wanted = changed(town(), "skus", "small-node", at_least=10)
    plain, held = (
        next(sku for sku in explained(fleet, "prices").skus if sku.sku == "small-node") for fleet in (town(), wanted)
    )
    assert held.nodes >= 10
    assert held.break_even_usd_per_hour.most == pytest.approx(plain.break_even_usd_per_hour.most)
    without = cost_of(changed(town(), "skus", "small-node", available=0))
    assert held.saves.most == pytest.approx(without - cost_of(wanted))


def test_skus_that_cannot_be_used_say_why():
    fleet = changed(paper(), "skus", other={"gpu": "tpu", "gpus": 8, "usd_per_hour": 1})
    fleet = changed(fleet, "skus", gone={"gpu": "h200", "gpus": 8, "usd_per_hour": 1, "available": 0})
    whys = {sku.sku: sku.why for sku in explained(fleet, "prices").skus}
    assert "no LLM has a profile on tpu" in whys["other"]
    assert "available: 0" in whys["gone"]
    assert whys["node"] == "no plan is possible without it"


def test_a_sku_that_helps_nobody_is_not_used_even_for_free():
    slow = {"gpu": "slow", "gpus": 8}
    fleet = changed(paper(), "skus", slow={**slow, "usd_per_hour": 1})
    fleet["models"]["llm"]["prefill"].append({**slow, "input_tokens": 6144, "tokens_per_s": 30000})
    fleet["skus"]["node"]["usd_per_hour"] = 0  # what there is costs nothing already
    (rival,) = (sku for sku in explained(fleet, "prices").skus if sku.sku == "slow")
    assert rival.break_even_usd_per_hour is None
    assert rival.why == "would not be used even for free"


@pytest.mark.parametrize(
    "fleet",
    [
        paper(),
        town(),
        changed(village(), redundancy={"instances": 1}, margins={"demand": 0.2}),
        changed(village(), "skus", "big-node", billing="gpu"),
        changed(village(), "workloads", "chat", min_served=0.5),
    ],
)
def test_shares_add_up_to_the_cost(fleet):
    explanation = explained(fleet, "workloads")
    assert sum(share.usd_per_hour for share in explanation.workloads) == pytest.approx(explanation.cost_per_hour)
    assert sum(share.fraction for share in explanation.workloads) == pytest.approx(1)
    assert explanation.unused_usd_per_hour == pytest.approx(0, abs=1e-9)
    for share in explanation.workloads:
        without = cost_of(changed(fleet, "workloads", share.workload, min_served=0))
        assert share.avoidable.cost_changes_by.most == pytest.approx(without - explanation.cost_per_hour)


def test_shares_follow_the_work():
    fleet = paper(tokens_per_minute=4_000_000)
    fleet["workloads"]["twin"] = {**fleet["workloads"]["chat"], "tokens_per_minute": 1_000_000}
    chat, twin = explained(fleet, "workloads").workloads
    assert (chat.workload, chat.fraction, twin.fraction) == ("chat", pytest.approx(0.8), pytest.approx(0.2))
    requests = 4_000_000 / 60 / 6656 * 3600
    assert chat.usd_per_1000_requests == pytest.approx(chat.usd_per_hour / requests * 1000)
    assert chat.usd_per_million_tokens == pytest.approx(chat.usd_per_hour / (240 * 1))  # 240 M tokens an hour
    split = chat.usd_per_million_input_tokens * 6144 + chat.usd_per_million_output_tokens * 512
    assert split == pytest.approx(chat.usd_per_million_tokens * 6656)


def test_ordinary_instances_tell_input_and_output_together():
    mixed = {"gpu": "h200", "gpus": 8, "input_tokens": 6144, "output_tokens": 512, "requests_per_s": 5}
    fleet = paper()
    fleet["models"]["llm"] = {"mixed": [{**mixed, "ttft_mean_ms": 500, "tpot_mean_ms": 15}]}
    (chat,) = explained(fleet, "workloads").workloads
    assert chat.usd_per_hour == pytest.approx(3 * 60)  # 12.52 requests per second, five an instance
    assert chat.usd_per_million_tokens == pytest.approx(180 / 300)
    assert (chat.usd_per_million_input_tokens, chat.usd_per_million_output_tokens) == (None, None)


def test_nothing_to_serve_costs_nothing_and_explains_nothing():
    explanation = explained(paper(tokens_per_minute=0), "limits", "slos", "prices", "workloads")
    assert (explanation.cost_per_hour, explanation.most_valuable) == (0, None)
    assert [share.usd_per_hour for share in explanation.workloads] == [0]


def test_nodes_nobody_uses_fall_to_nobody():
    fleet = changed(paper(), "skus", other={"gpu": "tpu", "gpus": 4, "usd_per_hour": 7, "at_least": 3})
    explanation = explained(fleet, "workloads")
    assert explanation.unused_usd_per_hour == pytest.approx(21)
    assert explanation.workloads[0].usd_per_hour == pytest.approx(explanation.cost_per_hour - 21)
