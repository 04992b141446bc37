"""Sites, pins and rules against enumeration in plain arithmetic, and the laws they must obey."""

from __future__ import annotations

import random
from itertools import chain, combinations
from math import inf

import numpy as np
import pytest

from tests.samples import answer_of, changed, cost_of, some, town

SKUS = {"e": "east", "w": "west", "v": "west"}
COUNTS = 4  # 0 to 3: three of any one kind carry every rate drawn below
TTFT_S, OVERHEAD_S = 1.0, 0.05
MEASURED = ((1.0, 0.1), (4.0, 0.9))  # mixed: requests per second, TTFT in seconds


def random_case(seed: int) -> dict:
    """One workload on three SKUs, each with a GPU type of its own, in two sites."""
    rng = random.Random(seed)
    apart = [(p, d) for p in SKUS for d in SKUS if SKUS[p] != SKUS[d]]
    rules: dict[str, list[dict]] = {"forbid": [], "require": []}
    for key in rng.sample(["forbid", "require", "none", "none"], 1):
        if key in rules:
            rules[key] = [random_rule(rng) for _ in range(rng.randint(1, 2))]
    return {
        "prices": {g: rng.randint(2, 9) for g in SKUS},
        "prefill": {g: rng.uniform(6, 9) for g in SKUS},  # services per second
        "decode": {g: rng.uniform(2, 6) for g in rng.sample("ewv", rng.randint(1, 3))},  # requests per second in TPOT
        "transfer_s": {pair: rng.uniform(0.01, 0.3) for pair in rng.sample(apart, rng.randint(0, 3))},
        "latency_s": {site: rng.choice([0.0, 0.1, 0.3]) for site in ("east", "west")},
        "pinned": rng.choice([(), (), ("east",), ("west",), ("east", "west")]),
        "mixed": rng.choice([None, "e", "v"]),
        "rate": rng.uniform(1, 5),
        **rules,
    }


def random_rule(rng: random.Random) -> dict:
    if rng.random() < 0.4:
        return {"prefill": rng.choice("ewv"), "decode": rng.choice("ewv")}
    role = rng.choice([{}, {"role": "prefill"}, {"role": "decode"}, {"role": "mixed"}])
    name = rng.choice("ewv")
    return {**role, **rng.choice([{"sku": name}, {"gpu": f"gpu-{name}"}]), **rng.choice([{}, {"model": "m"}])}


def document(case: dict) -> dict:
    lengths = {"input_tokens": 1000, "output_tokens": 10}
    shape = {g: {"gpu": f"gpu-{g}", "gpus": 1} for g in SKUS}
    llm = {
        "kv_bytes_per_token": 1e6,  # 1000 tokens of input are a gigabyte
        "prefill": [{**shape[g], "input_tokens": 1000, "tokens_per_s": 1000 * case["prefill"][g]} for g in SKUS],
        "decode": [
            {**shape[g], **lengths, "batch": batch, "tpot_ms": tpot_ms}
            for g, rate in case["decode"].items()
            for batch, tpot_ms in ((1, 50.0), (rate, 100.0))
        ],
    }
    if case["mixed"]:
        llm["mixed"] = [
            {**shape[case["mixed"]], **lengths, "requests_per_s": rps, "ttft_mean_ms": s * 1e3, "tpot_mean_ms": 20}
            for rps, s in MEASURED
        ]
    chat = {
        "model": "m",
        **lengths,
        "requests_per_second": case["rate"],
        "slo": {"ttft_mean_ms": TTFT_S * 1e3, "tpot_mean_ms": 100},
        "latency_ms": {site: seconds * 1e3 for site, seconds in case["latency_s"].items()},
    }
    links = [{"prefill": p, "decode": d, "gb_per_s": 1 / seconds} for (p, d), seconds in case["transfer_s"].items()]
    return {
        "sites": {"east": {}, "west": {}},
        "skus": {g: {**shape[g], "usd_per_hour": case["prices"][g], "site": SKUS[g]} for g in SKUS},
        "models": {"m": llm},
        "workloads": {"w": {**chat, **({"sites": list(case["pinned"])} if case["pinned"] else {})}},
        "transfer": {"overhead_ms": OVERHEAD_S * 1e3, "links": links},
        "limits": {key: case[key] for key in ("forbid", "require") if case[key]},
    }


def runs(case: dict, role: str, g: str) -> bool:
    """Whether pins and rules of placement let a role run on a SKU."""
    if case["pinned"] and SKUS[g] not in case["pinned"]:
        return False

    def here(rule):
        return g in (rule.get("sku"), rule.get("gpu", "")[4:])

    about = {key: [r for r in case[key] if "prefill" not in r and r.get("role", role) == role] for key in RULES}
    if any(here(rule) for rule in about["forbid"]):
        return False
    kinds = {(rule.get("model"), rule.get("role")) for rule in about["require"]}
    return all(any(here(r) and (r.get("model"), r.get("role")) == kind for r in about["require"]) for kind in kinds)


RULES = ("forbid", "require")


def ways_s(case: dict, p: str) -> dict[str, float]:
    """Decode SKUs that a prefill SKU may hand over to, and the transfer time."""
    found = {}
    for d in case["decode"]:
        seconds = 0.0 if SKUS[p] == SKUS[d] else case["transfer_s"].get((p, d))
        partners = [r["decode"] for r in case["require"] if r.get("prefill") == p]
        barred = {"prefill": p, "decode": d} in case["forbid"] or (partners and d not in partners)
        if seconds is not None and not barred and runs(case, "decode", d):
            found[d] = seconds
    return found


def least_cost(case: dict) -> float:
    """Enumerate counts of every kind of instance; what they carry is the least cut of prefill to decode."""
    kinds = []  # (price, capacity, decode SKUs it feeds; None for mixed)
    for p in SKUS:
        ways = ways_s(case, p) if runs(case, "prefill", p) else {}
        for slowest in sorted(set(ways.values())):
            left_s = TTFT_S - OVERHEAD_S - case["latency_s"][SKUS[p]] - slowest
            if left_s > 1 / case["prefill"][p]:  # M/M/1: the mean time in the queue is 1 / (mu - lambda)
                fed = frozenset(d for d, seconds in ways.items() if seconds <= slowest)
                kinds.append((case["prices"][p], case["prefill"][p] - 1 / left_s, fed))
    mixed = case["mixed"]
    if mixed and runs(case, "mixed", mixed):
        left_s = TTFT_S - case["latency_s"][SKUS[mixed]]
        (low, low_s), (high, high_s) = MEASURED
        capacity = low + (min(left_s, high_s) - low_s) / (high_s - low_s) * (high - low)
        kinds.append((case["prices"][mixed], capacity, None))
    if not kinds:
        return inf
    taking = [d for d in SKUS if any(fed and d in fed for *_, fed in kinds)]
    counts = np.indices((COUNTS,) * (len(kinds) + len(taking)), dtype=np.int8).reshape(len(kinds) + len(taking), -1)
    least = np.full(counts.shape[1], inf)
    for cut in chain.from_iterable(combinations(taking, size) for size in range(len(taking) + 1)):
        carried = np.zeros(counts.shape[1])
        for n, (_, capacity, fed) in zip(counts, kinds, strict=False):
            carried += 0 if fed and fed <= set(cut) else n * capacity
        for n, d in zip(counts[len(kinds) :], taking, strict=True):
            carried += n * case["decode"][d] if d in cut else 0
        least = np.minimum(least, carried)
    prices = [price for price, *_ in kinds] + [case["prices"][d] for d in taking]
    costs = sum((n.astype(int) * price for n, price in zip(counts, prices, strict=True)), np.zeros(counts.shape[1]))
    return min(costs[least >= case["rate"] - 1e-9], default=inf)


@pytest.mark.parametrize("seed", some(range(60), first=20))
def test_cost_is_that_of_enumeration(seed):
    case = random_case(seed)
    answer = answer_of(document(case))
    least = least_cost(case)
    assert (answer.cost_per_hour if answer.status == "optimal" else inf) == pytest.approx(least)
    if least == inf:
        assert answer.reasons
        assert all(reason.workload == "w" for reason in answer.reasons)


def test_the_cases_are_of_every_kind():
    """The enumeration is worth something only if sites, links, pins and rules decide."""
    cases = [random_case(seed) for seed in range(60)]
    costs = [least_cost(case) for case in cases]
    assert 5 < costs.count(inf) < 30
    for change in ({"pinned": ()}, {"forbid": [], "require": []}, {"transfer_s": {}}, {"mixed": None}):
        assert any(least_cost(case | change) != cost for case, cost in zip(cases, costs, strict=True)), change


def two_towns(**west) -> dict:
    """The town twice; what is rented in the west costs a fifth less."""
    fleet = town()
    fleet["sites"] = {"east": None, "west": {"pue": 1.2}}
    skus = {f"{name}-{site}": {**sku, "site": site} for site in fleet["sites"] for name, sku in fleet["skus"].items()}
    for sku in skus.values():
        sku["usd_per_hour"] *= 0.8 if sku["site"] == "west" else 1.0
    for llm in fleet["models"].values():
        llm["kv_bytes_per_token"] = 1e5
    return {**fleet, "skus": skus}


LINK = {"prefill": "small-node-east", "decode": "big-node-west", "gb_per_s": 40}
SLACK = 1e-6


def test_one_site_for_all_is_no_site_at_all():
    fleet = two_towns()
    lonely = {**fleet, "skus": {n: {k: v for k, v in s.items() if k != "site"} for n, s in fleet["skus"].items()}}
    del lonely["sites"]
    together = {**fleet, "skus": {name: {**sku, "site": "east"} for name, sku in fleet["skus"].items()}}
    assert cost_of(together) == pytest.approx(cost_of(lonely), abs=SLACK)
    assert cost_of(fleet) >= cost_of(lonely) - SLACK


def test_a_link_is_never_dearer_and_pays_where_sites_lack_what_the_other_has():
    fleet = two_towns()
    assert cost_of(changed(fleet, "transfer", links=[LINK])) <= cost_of(fleet) + SLACK
    halves = {**fleet, "skus": {n: fleet["skus"][n] for n in ("small-node-east", "big-node-west")}}
    apart, joined = cost_of(halves), cost_of(changed(halves, "transfer", links=[LINK]))
    assert joined < apart - SLACK


@pytest.mark.parametrize("name", ["chat", "batch", "mail"])
def test_a_pin_is_never_cheaper(name):
    free = cost_of(two_towns())
    both = cost_of(changed(two_towns(), "workloads", name, sites=["east", "west"]))
    costs = [cost_of(changed(two_towns(), "workloads", name, sites=site)) for site in ("east", "west")]
    assert both == pytest.approx(free, abs=SLACK)
    assert min(costs) >= free - SLACK
    assert costs[0] > free + SLACK


def test_workloads_pinned_apart_cost_what_each_costs_alone():
    fleet = two_towns()
    where = {"chat": "east", "code": "west", "batch": "west", "search": "east", "mail": "east"}
    for name, site in where.items():
        fleet["workloads"][name]["sites"] = site

    def part(site: str) -> dict:
        skus = {name: sku for name, sku in fleet["skus"].items() if sku["site"] == site}
        return {**fleet, "skus": skus, "workloads": {n: w for n, w in fleet["workloads"].items() if where[n] == site}}

    assert cost_of(fleet) == pytest.approx(cost_of(part("east")) + cost_of(part("west")), abs=SLACK)


def test_more_latency_is_never_cheaper():
    costs = [
        cost_of(changed(two_towns(), "workloads", "chat", latency_ms={"west": west_ms, "east": 20}))
        for west_ms in (0, 60, 150, 250)
    ]
    assert costs == sorted(costs)
    assert costs[-1] > costs[0]


def test_latency_everywhere_is_a_tighter_target():
    """Mixed instances too, which spend no transfer.overhead_ms."""
    fleet = two_towns()
    rows = ((0.5, 120, 12), (1.5, 260, 19), (2.5, 700, 33))
    keys = ("requests_per_s", "ttft_mean_ms", "tpot_mean_ms")
    shape = {"gpu": "big", "gpus": 4, "input_tokens": 1000, "output_tokens": 200}
    fleet["models"] = {"first": {"mixed": [{**shape, **dict(zip(keys, row, strict=True))} for row in rows]}}
    fleet["workloads"] = {"chat": {**fleet["workloads"]["chat"], "slo": {"ttft_mean_ms": 340, "tpot_mean_ms": 40}}}
    late = changed(fleet, "workloads", "chat", latency_ms={"east": 90, "west": 90})
    late["workloads"]["chat"]["slo"]["ttft_mean_ms"] = 430
    assert answer_of(fleet).pools[0].role == "mixed"
    assert cost_of(late) == pytest.approx(cost_of(fleet), abs=SLACK)
    (far,), (near,) = answer_of(late).workloads, answer_of(fleet).workloads
    assert far.ttft_mean_ms == pytest.approx(near.ttft_mean_ms + 90)
    assert far.headroom == near.headroom


def test_rules_are_never_cheaper_and_requiring_one_forbids_the_others():
    free = cost_of(two_towns())
    required = [{"role": "decode", "sku": "big-node-east"}, {"role": "decode", "gpu": "small"}]
    require = cost_of(changed(two_towns(), "limits", require=required))
    forbid = cost_of(changed(two_towns(), "limits", forbid=[{"role": "decode", "sku": "big-node-west"}]))
    assert require == pytest.approx(forbid, abs=SLACK)
    assert require > free + SLACK


def test_a_required_pair_forbids_the_others():
    fleet = {**two_towns(), "workloads": {"chat": two_towns()["workloads"]["chat"]}}
    apart = {"role": "prefill", "gpu": "big"}
    pairs = [("small-node-west", "big-node-west"), ("small-node-west", "small-node-west")]
    one, other = ({"prefill": p, "decode": d} for p, d in pairs)
    fleet["workloads"]["chat"]["requests_per_second"] = 30
    fleet = changed(fleet, "limits", forbid=[apart])
    require = cost_of(changed(fleet, "limits", require=[other]))
    assert require == pytest.approx(cost_of(changed(fleet, "limits", forbid=[apart, one])), abs=SLACK)
    assert require > cost_of(fleet) + SLACK
    assert cost_of(changed(fleet, "limits", require=[one, other])) == pytest.approx(cost_of(fleet), abs=SLACK)
