"""Encode before prefill, against enumeration of whole counts and the exact sum of two M/M/1 queues.

Departures of an M/M/1 queue are Poisson (Burke), so prefill behind encode is an M/M/1 queue of its own and the mean
TTFT is the plain sum ``1 / (mu_e - x / n_e) + 1 / (mu_p - x / n_p)``; no split of TTFT occurs in these tests.
"""

from __future__ import annotations

import random
from itertools import pairwise, product
from math import ceil, exp, inf, log

import pytest

from pdopt.studies.size import size
from tests.samples import answer_of, changed, cost_of, decode_rows, fleet_of, some
from tests.theory.small import least

MOST = 60


def case_of(seed: int) -> dict:
    rng = random.Random(seed)
    encode_s, prefill_s = (10 ** rng.uniform(-2, -0.3) for _ in range(2))
    return {
        "encode_s": encode_s,
        "prefill_s": prefill_s,
        "rate": 10 ** rng.uniform(-0.3, 1.0) / max(encode_s, prefill_s),
        "ttft_s": (encode_s + prefill_s) * (1 + 10 ** rng.uniform(-0.7, 1.0)),
        "decode_rps": rng.uniform(2, 8) / prefill_s,
        "prices": {role: rng.randint(2, 12) for role in ("encode", "prefill", "decode")},
    }


def epd(case: dict, **look) -> dict:
    """A fleet file with one GPU type for each stage; a request has two images of 400 tokens."""
    decode = decode_rows(((1, 50.0), (case["decode_rps"], 100.0)), 1000, 10, gpu="d", gpus=1)
    skus = {role[0]: {"gpu": role[0], "gpus": 1, "usd_per_hour": usd} for role, usd in case["prices"].items()}
    return {
        "skus": skus,
        "models": {
            "vl": {
                "encode": [{"gpu": "e", "gpus": 1, "image_tokens": 400, "images_per_s": 2 / case["encode_s"]}],
                "prefill": [{"gpu": "p", "gpus": 1, "input_tokens": 1000, "tokens_per_s": 1000 / case["prefill_s"]}],
                "decode": decode,
            }
        },
        "workloads": {
            "look": {
                "model": "vl",
                "input_tokens": 1000,
                "output_tokens": 10,
                "images": 2,
                "image_tokens": 400,
                "requests_per_second": case["rate"],
                "slo": {"ttft_mean_ms": case["ttft_s"] * 1e3, "tpot_mean_ms": 100},
                **look,
            }
        },
    }


def mean_s(service_s: float, rate: float) -> float:
    """Mean time in an M/M/1 queue."""
    return service_s / (1 - rate * service_s) if rate * service_s < 1 else inf


def enumerated(case: dict) -> float:
    """Least dollars per hour over all whole counts whose exact mean TTFT holds."""
    decode = ceil(case["rate"] / case["decode_rps"] - 1e-9) * case["prices"]["decode"]
    first = {role: int(case["rate"] * case[f"{role}_s"]) + 1 for role in ("encode", "prefill")}
    counts = product(range(first["encode"], first["encode"] + MOST), range(first["prefill"], first["prefill"] + MOST))
    return decode + least(
        e * case["prices"]["encode"] + p * case["prices"]["prefill"]
        for e, p in counts
        if mean_s(case["encode_s"], case["rate"] / e) + mean_s(case["prefill_s"], case["rate"] / p)
        <= case["ttft_s"] * (1 + 1e-9)
    )


def ways(plan):
    """Pairs of an encode pool and a prefill pool that takes a split it feeds."""
    return [
        (encode, prefill)
        for encode, prefill in product(plan.pools, repeat=2)
        if encode.role == "encode" and set(encode.hands_over) & set(prefill.encoded or {})
    ]


def ttft_s(case: dict, plan) -> float:
    counts = {pool.role: pool.instances for pool in plan.pools}
    assert len(counts) == len(plan.pools) == 3
    return sum(mean_s(case[f"{r}_s"], case["rate"] / counts[r]) for r in ("encode", "prefill"))


@pytest.mark.parametrize("cases", some([15, 60], first=1))
def test_cost_is_that_of_enumeration_but_for_the_splits(cases):
    """Never below the exact optimum, nearly always at it, and never far above."""
    excess = []
    for seed in range(cases):
        case = case_of(seed)
        plan, exact = answer_of(epd(case)), enumerated(case)
        assert plan.status == "optimal"
        assert plan.cost_per_hour >= exact - 1e-6
        excess.append(plan.cost_per_hour / exact - 1)
    assert sum(one < 1e-9 for one in excess) >= 0.9 * cases
    assert max(excess) < 0.04


@pytest.mark.parametrize("cases", some([15, 40], first=1))
def test_a_plan_has_no_more_pools_than_it_needs(cases):
    """Splits make many solutions alike: one pool a stage is found wherever one does (a mix may save an instance)."""
    pools = [len(answer_of(epd(case_of(seed))).pools) for seed in range(cases)]
    assert sum(one == 3 for one in pools) >= 0.95 * cases - 1e-9


@pytest.mark.parametrize("seed", range(15))
def test_exact_mean_ttft_of_a_plan_holds_and_is_what_it_states(seed):
    case = case_of(seed)
    plan = answer_of(epd(case))
    if len(plan.pools) == 3:
        assert ttft_s(case, plan) <= case["ttft_s"] * (1 + 1e-6)
        assert plan.workloads[0].ttft_mean_ms == pytest.approx(ttft_s(case, plan) * 1e3, rel=1e-6)


@pytest.mark.parametrize("seed", some(range(12), first=5))
def test_few_instances_are_found_exactly(seed):
    """Where few instances of either stage do, the splits that whole counts need are all there."""
    case = case_of(100 + seed)
    case["rate"] = 0.9 / max(case["encode_s"], case["prefill_s"])
    case["ttft_s"] = (case["encode_s"] + case["prefill_s"]) * 2
    assert cost_of(epd(case)) == pytest.approx(enumerated(case))


def test_more_images_are_never_cheaper_and_none_are_a_plain_fleet():
    case = case_of(5)
    case["ttft_s"] = 12 * (case["encode_s"] + case["prefill_s"])
    costs = [cost_of(epd(case, images=images)) for images in (0, 0.5, 1, 1.5, 2)]
    assert costs == sorted(costs)
    plain = changed(
        changed(epd(case), "models", "vl", encode=None), "workloads", "look", images=None, image_tokens=None
    )
    assert costs[0] == pytest.approx(cost_of(plain))
    assert costs[0] < costs[1]


def test_images_change_nothing_for_those_who_have_none():
    """A workload without images beside them: the program of the others has the same rows as before."""
    case = case_of(7)
    text = {**epd(case)["workloads"]["look"], "images": 0, "requests_per_second": 3}
    plain = changed(epd(case), workloads={"text": text})
    bare = changed(plain, "models", "vl", encode=None)
    aside = {"effort": None, "fleet_sha256": "", "notes": ()}  # a note says that nothing runs on the GPU of encode
    stated = [answer_of(document).model_copy(update=aside) for document in (plain, bare)]
    assert stated[0].to_json() == stated[1].to_json()


@pytest.mark.parametrize(
    ("key", "values"), [("ttft_mean_ms", (1.3, 2, 4, 9)), ("requests_per_second", (1.0, 0.7, 0.4))]
)
def test_looser_targets_and_less_demand_are_never_dearer(key, values):
    case = case_of(3)
    idle_ms = 1e3 * (case["encode_s"] + case["prefill_s"])
    costs = []
    for value in values:
        document = epd(case)
        look = document["workloads"]["look"]
        if key == "ttft_mean_ms":
            look["slo"][key] = value * idle_ms
        else:
            look[key] *= value
        costs.append(cost_of(document))
    assert all(later <= earlier * 1.04 for earlier, later in pairwise(costs))
    assert costs[-1] < costs[0]


@pytest.mark.parametrize("seed", some(range(6), first=3))
def test_percentile_of_two_queues_is_on_the_safe_side(seed):
    """The sum of two exponential times has a known tail; a plan's p95 is at most its target."""
    case = case_of(40 + seed)
    target_s = 8 * (case["encode_s"] + case["prefill_s"])
    plan = answer_of(changed(epd(case), "workloads", "look", slo={"ttft_p95_ms": target_s * 1e3, "tpot_mean_ms": 100}))
    worst_s = 0.0
    for encode, prefill in ways(plan):
        a = 1 / mean_s(case["encode_s"], encode.serves["look"] / encode.instances)
        b = 1 / mean_s(case["prefill_s"], prefill.serves["look"] / prefill.instances)
        assert (b * exp(-a * target_s) - a * exp(-b * target_s)) / (b - a) <= 0.05
        worst_s = max(worst_s, log(2 / 0.05) * (1 / a + 1 / b))
    assert plan.workloads[0].ttft_p95_ms == pytest.approx(worst_s * 1e3, rel=1e-6)
    assert worst_s <= target_s * (1 + 1e-6)


@pytest.mark.parametrize("seed", some(range(8), first=3))
def test_plans_on_two_gpu_types_keep_the_exact_sum_along_every_way(seed):
    """Encode and prefill on either of two types: every encode pool feeds every prefill pool of its split in time."""
    case = case_of(60 + seed)
    case["ttft_s"] *= 1.5
    document = epd(case)
    rng = random.Random(seed)
    slower = rng.uniform(1.1, 2)
    for role, key in (("encode", "images_per_s"), ("prefill", "tokens_per_s")):
        row = document["models"]["vl"][role][0]
        document["models"]["vl"][role].append({**row, "gpu": f"{role[0]}2", key: row[key] / slower})
        document["skus"][f"{role[0]}2"] = {
            "gpu": f"{role[0]}2",
            "gpus": 1,
            "usd_per_hour": case["prices"][role] / slower * rng.uniform(0.8, 1.1),
        }
    plan = answer_of(document)
    times = {"e": case["encode_s"], "e2": case["encode_s"] * slower}
    times |= {"p": case["prefill_s"], "p2": case["prefill_s"] * slower}
    for way in ways(plan):
        assert sum(mean_s(times[p.gpu], p.serves["look"] / p.instances) for p in way) <= case["ttft_s"] * (1 + 1e-6)
    assert plan.cost_per_hour <= cost_of(epd(case)) + 1e-6


def test_margins_on_encode_are_instances_that_much_slower():
    case = case_of(11)
    held_back = cost_of(changed(epd(case), margins={"encode": 0.2}))
    assert held_back == pytest.approx(cost_of(epd({**case, "encode_s": case["encode_s"] / 0.8})))


@pytest.mark.parametrize("seed", range(4))
def test_one_instance_of_any_pool_may_be_gone(seed):
    case = case_of(20 + seed)
    plan = answer_of(changed(epd(case), redundancy={"instances": 1}))
    counts = {pool.role: pool.instances for pool in plan.pools}
    for role in ("encode", "prefill"):
        left = {**counts, role: counts[role] - 1}
        assert sum(mean_s(case[f"{r}_s"], case["rate"] / left[r]) for r in ("encode", "prefill")) <= case["ttft_s"]


def test_closed_form_of_one_split_is_what_size_states():
    """Instances at wait w: x S (S + w) / w, and the two waits fill the target's slack."""
    case = {**case_of(9), "rate": 5.0, "encode_s": 0.08, "prefill_s": 0.05, "ttft_s": 0.5}
    (pair,) = size(fleet_of(epd(case)), "look").pairs
    sides = {"encode": pair.encode, "prefill": pair.prefill}
    waits = {}
    for role, side in sides.items():
        busy = case["rate"] * case[f"{role}_s"]
        waits[role] = busy * case[f"{role}_s"] / (side.instances - busy)
    assert sum(waits.values()) == pytest.approx(case["ttft_s"] - 0.08 - 0.05)
    assert pair.usd_per_hour == pytest.approx(enumerated(case))
