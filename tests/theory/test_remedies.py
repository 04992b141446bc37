"""Remedies of infeasible fleets: written into the file they make a plan possible, a little less does not."""

from __future__ import annotations

import copy
import random
from math import inf

import pytest

from pdopt.plan.plan import NoPlan
from pdopt.render.plan import answer_lines
from pdopt.solving import solve as solving
from tests.samples import answer_of, changed, paper, some
from tests.theory.test_explain import nodes_of
from tests.theory.test_redundancy import fleet_of, two_gpus


def remedied(document: dict, remedy, scale=lambda key, to: to) -> dict:
    """Write a remedy into a fleet file; names may hold dots, keys do not."""
    result = copy.deepcopy(document)
    for change in remedy:
        section, _, rest = change["set"].partition(".")
        name, _, key = rest.rpartition(".")
        place = result.setdefault(section, {})
        if name.endswith(".slo"):
            place, name = place[name.removesuffix(".slo")]["slo"], ""
        place = place[name] if name else place
        place[key] = scale(key, change["to"])
    return result


def less(key: str, to: float) -> float:
    """A remedy that is a little smaller than the one told: one unit, a permille, or beyond the 1 % of the search."""
    if key in ("available", "max_skus"):
        return to - 1
    if key == "at_least":
        return to + 1
    return {"power_kw": to - 2e-3, "min_served": to + 2e-3}.get(key, to / 1.0102)


def check(document: dict) -> list:
    """Apply every remedy, and a little less of it; give the reasons."""
    reasons = answer_of(document).reasons
    for reason in reasons:
        if reason.verified:
            assert answer_of(remedied(document, reason.remedy)).status in ("optimal", "feasible"), reason
            if len(reason.remedy) == 1 or reason.kind == "slo":
                assert answer_of(remedied(document, reason.remedy, less)).status == "infeasible", reason
    sizes = [max(abs(c["to"] - c["from"]) / (c["from"] or 1) for c in r.remedy) for r in reasons if r.verified]
    assert sizes == sorted(sizes)
    return list(reasons)


@pytest.mark.parametrize("seed", some(range(12), first=5))
def test_stock_and_power_remedies_hold_and_are_minimal(seed):
    rng = random.Random(seed)
    case = two_gpus(rng, spares=0)
    stock = {gpu: rng.randint(0, 2) for gpu in "ab"}
    power = {gpu: round(rng.uniform(0.5, 3), 1) for gpu in "ab"}
    fleet = fleet_of(case)
    for gpu, sku in fleet["skus"].items():
        sku |= {"available": stock[gpu], "power_kw": power[gpu]}
    limit_kw = round(sum(power[gpu] * stock[gpu] for gpu in "ab") + 0.1, 1)
    fleet["limits"] = {"power_kw": limit_kw * (1 if seed % 2 else 10)}
    if answer_of(fleet).status == "optimal":
        pytest.skip("the stock is enough")
    reasons = {reason.sku: reason for reason in check(fleet) if reason.kind == "stock"}
    for gpu in "ab":  # enumerated: the fewest nodes of this GPU beside what there is of the other, within the power
        i, other = "ab".index(gpu), "ba"["ab".index(gpu)]
        enough = [
            n[i]
            for n in nodes_of(case)
            if n[1 - i] <= stock[other] and n[0] * power["a"] + n[1] * power["b"] <= fleet["limits"]["power_kw"] + 1e-9
        ]
        fewest = min(enough, default=inf)
        told = reasons.get(gpu)
        if told is not None and len(told.remedy) == 1:
            assert told.available + told.nodes_short == fewest
            assert told.verified
        else:
            assert fewest == inf


@pytest.mark.parametrize(("metric", "best"), [("ttft", 75.0), ("tpot", 12.8)])
def test_milliseconds_short(metric, best):
    targets = {"ttft_mean_ms": 2000, "tpot_mean_ms": 20, f"{metric}_mean_ms": best / 2}
    fleet = paper(slo=targets)
    if metric == "ttft":  # an idle instance: 100 ms of overhead and the prefill itself
        best = 100 + 6144 / 28309 * 1e3
    (reason,) = check(fleet)
    assert reason.verified
    assert best < reason.remedy[0]["to"] <= best * 1.0101
    assert reason.short_ms == pytest.approx(reason.remedy[0]["to"] - reason.bound_ms)


def test_milliseconds_short_count_the_stock():
    """At the best TPOT one instance carries a tenth of its usual load: 8 nodes ask for a longer one."""
    fleet = changed(paper(slo={"ttft_mean_ms": 2000, "tpot_mean_ms": 6}), "skus", "node", available=8)
    (reason,) = (r for r in check(fleet) if r.kind == "target")
    assert reason.verified
    assert reason.remedy[0]["to"] > 12.8 * 1.02
    assert answer_of(changed(fleet, "workloads", "chat", "slo", tpot_mean_ms=12.8 * 1.02)).status == "infeasible"


def test_targets_out_of_reach_together():
    fleet = paper(slo={"ttft_mean_ms": 50, "tpot_mean_ms": 6})
    ttft, tpot = sorted(check(fleet), key=lambda reason: reason.target != "ttft_mean_ms")
    assert ttft.remedy == tpot.remedy
    assert {change["set"].rpartition(".")[2] for change in ttft.remedy} == {"ttft_mean_ms", "tpot_mean_ms"}
    assert ttft.verified
    assert tpot.verified
    assert "together with the others" in ttft.sentence
    for leave_out in (0, 1):
        assert answer_of(remedied(fleet, [ttft.remedy[leave_out]])).status == "infeasible"


def test_stock_and_limits_together():
    fleet = changed(paper(), "skus", "node", available=3)
    other = {"gpu": "tpu", "gpus": 8, "usd_per_hour": 1, "at_least": 1}
    fleet = {**changed(fleet, "skus", other=other), "limits": {"max_skus": 1}}
    reasons = check(fleet)
    shared = [reason for reason in reasons if len(reason.remedy) > 1]
    assert shared
    assert all(reason.verified for reason in shared)
    assert "skus.node.available" in {change["set"] for change in shared[0].remedy}


def test_longer_targets_help_a_short_stock():
    fleet = changed(paper(tokens_per_minute=5_000_000), "skus", "node", available=7)
    (reason,) = (r for r in check(fleet) if r.kind == "slo")
    assert 1 < reason.factor < 10
    assert {change["set"] for change in reason.remedy} == {
        "workloads.chat.slo.ttft_mean_ms",
        "workloads.chat.slo.tpot_mean_ms",
    }


def test_longer_targets_of_all_workloads_where_none_alone_is_enough():
    """Two LLMs, each on a GPU type of its own that is short: longer targets of one leave the other short."""
    fleet = changed(paper(), "skus", "node", available=7)
    fleet["skus"]["other"] = {**fleet["skus"]["node"], "gpu": "other"}
    fleet["models"]["twin"] = {
        role: [{**row, "gpu": "other"} for row in rows] for role, rows in fleet["models"]["llm"].items()
    }
    fleet["workloads"]["twin"] = {**fleet["workloads"]["chat"], "model": "twin"}
    reasons = check(fleet)
    (longer,) = (reason for reason in reasons if reason.kind == "slo")
    assert longer.workload is None
    assert len(longer.remedy) == 4
    assert longer.sentence.startswith("all workloads: targets")
    (alone,) = (r for r in answer_of(changed(paper(), "skus", "node", available=7)).reasons if r.kind == "slo")
    assert longer.factor == pytest.approx(alone.factor)
    assert {len(reason.remedy) for reason in reasons if reason.kind == "stock"} == {2}


def test_unmeasured_lengths_have_no_remedy_to_verify():
    (reason, *_) = answer_of(paper(input_tokens=100_000)).reasons
    assert (reason.kind, reason.remedy, reason.verified) == ("unmeasured", (), None)


def test_a_remedy_that_is_not_enough_is_not_called_verified():
    fleet = paper(slo={"ttft_mean_ms": 50, "tpot_mean_ms": 20}, output_tokens=100_000)
    target = next(reason for reason in answer_of(fleet).reasons if reason.kind == "target")
    assert (target.verified, target.unverified_because) == (False, "alone it is not enough")
    assert "raise the target above that" in target.sentence


def test_without_time_nothing_is_called_verified(monkeypatch):
    monkeypatch.setattr(solving, "SECONDS", 0.0)
    for fleet in (paper(slo={"ttft_mean_ms": 50, "tpot_mean_ms": 20}), changed(paper(), "skus", "node", available=5)):
        answer = answer_of(fleet)
        assert isinstance(answer, NoPlan)
        for reason in answer.reasons:
            assert (reason.verified, reason.unverified_because) == (False, "time ran out")
        assert all(line.endswith("(not verified: time ran out)") for line in list(answer_lines(answer))[2:])


def test_the_text_says_what_is_verified():
    lines = list(answer_lines(answer_of(changed(paper(), "skus", "node", available=5))))[2:]
    assert all(line.endswith("(verified)") for line in lines)
