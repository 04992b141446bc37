"""Requests with images under redundancy, lost sites, deviations, quotas and starts: each against a count by hand."""

from __future__ import annotations

import pytest

import pdopt
from tests.samples import answer_of, changed, fleet_of, some
from tests.theory.test_epd import case_of, enumerated, epd


def plain(seed: int) -> tuple[dict, object]:
    """A fleet whose cheapest plan has one pool a stage."""
    document = epd(case_of(seed))
    plan = answer_of(document)
    assert len(plan.pools) == 3
    return document, plan


def twice(document: dict) -> dict:
    """All SKUs in two sites that no link joins, one of which may be gone."""
    sites = ("paris", "oslo")
    skus = {f"{name} {site}": {**sku, "site": site} for name, sku in document["skus"].items() for site in sites}
    return {**document, "skus": skus, "sites": {site: {} for site in sites}, "redundancy": {"sites": 1}}


def counts(plan) -> dict[str, int]:
    found: dict[str, int] = {}
    for pool in plan.pools:
        found[pool.role] = found.get(pool.role, 0) + pool.instances
    return found


@pytest.mark.parametrize("seed", some(range(6), first=3))
@pytest.mark.parametrize("key", ["instances", "nodes"])
def test_each_stage_keeps_a_spare(seed, key):
    """Without one instance of every pool a plan is one of the fleet without redundancy: one more a stage is least."""
    document, plan = plain(seed)
    spared = answer_of({**document, "redundancy": {key: 2}})
    assert spared.cost_per_hour == pytest.approx(plan.cost_per_hour + 2 * sum(case_of(seed)["prices"].values()))
    assert set(counts(spared)) == {"encode", "prefill", "decode"}


@pytest.mark.parametrize("seed", some(range(3), first=2))
def test_each_of_two_sites_alike_serves_all(seed):
    """No link joins them, so what is left when one is gone is a whole plan: two of them, and no less, are enough."""
    document, plan = plain(seed)
    both = answer_of(twice(document))
    assert both.cost_per_hour == pytest.approx(2 * plan.cost_per_hour)
    for gone, pools in both.after_losing.items():
        assert {pool.role for pool in pools} == {"encode", "prefill", "decode"}
        assert all(pool.site != gone for pool in pools)
        assert all(sum(p.serves["look"] for p in pools if p.role == role) for role in ("encode", "prefill", "decode"))


def test_encode_in_one_site_only_strands_what_has_images():
    document, _ = plain(0)
    document = twice(document)
    del document["skus"]["e oslo"]
    (reason,) = answer_of(document).reasons
    said = "look: with paris gone, nothing is left that can encode and prefill it within its targets"
    assert reason.sentence.startswith(said)
    assert (reason.remedy, reason.verified) == (({"set": "redundancy.sites", "from": 1, "to": 0},), True)


@pytest.mark.parametrize("seed", some(range(4), first=3))
def test_what_may_deviate_is_encoded_too(seed):
    """One workload that may bring 30 % more is one that does: never below enumeration at that rate, and near it."""
    case = case_of(seed)
    exact = enumerated({**case, "rate": case["rate"] * 1.3})
    cost = answer_of({**epd(case), "uncertainty": {"workloads": 1, "deviation": 0.3}}).cost_per_hour
    assert exact - 1e-6 <= cost <= exact * 1.04


def test_a_quota_of_the_model_counts_its_encode_instances():
    document, plan = plain(0)
    used = sum(counts(plan).values())
    enough = answer_of({**document, "quotas": {"vl": {"models": "vl", "gpus": used}}})
    assert (enough.status, enough.quotas[0].used) == ("optimal", used)
    fewer = answer_of({**document, "quotas": {"vl": {"models": "vl", "gpus": 3}}})
    assert fewer.status == "infeasible"
    assert any(reason.limit == "quotas.vl" and reason.verified for reason in fewer.reasons)


def test_pools_of_a_least_size_count_encode_too():
    document, plan = plain(0)
    least = max(counts(plan).values()) + 1
    assert set(counts(answer_of({**document, "limits": {"min_pool_instances": least}})).values()) == {least}


def test_starts_of_encode_instances_are_counted_and_told():
    document, now = plain(0)
    rate = document["workloads"]["look"]["requests_per_second"]
    document = changed(document, "workloads", "look", requests_per_second=rate * 3)
    fleet = fleet_of({**document, "change": {"usd_per_start": 1}})
    plan = pdopt.solve(fleet, current=now)
    starts = {change.role: change.starts for change in plan.changes}
    before, after = counts(now), counts(plan)
    assert starts == {role: after[role] - before[role] for role in after if after[role] > before[role]}
    assert "encode" in starts
    assert pdopt.solve(fleet, current=plan).changes == ()


@pytest.mark.slow
def test_whole_counts_that_a_split_is_made_for_are_found_to_be_enough():
    """Half on each of two sites, 16 GPUs carry all exactly: a limit of as many as a plan has is no reason for none."""
    document = twice(epd({**case_of(1101), "rate": 2.378}))
    for sku in document["skus"].values():
        usd = sku.pop("usd_per_hour")
        away = {"usd_per_hour": usd * 0.3, "kind": "spot", "max_share": 0.6, "interruption": 0.1}
        there = {"usd_per_hour": usd * 0.35, "kind": "spot", "max_share": 0.5}
        sku["terms"] = {"on_demand": {"usd_per_hour": usd}, "spot": away, "spot2": there}
    document["redundancy"] = {"sites": 1, "nodes": 1}
    enough = answer_of({**document, "quotas": {"q": {"models": "vl", "gpus": 16}}})
    assert (enough.status, enough.quotas[0].used) == ("optimal", 16)
    fewer = answer_of({**document, "quotas": {"q": {"models": "vl", "gpus": 15}}})
    assert fewer.status == "infeasible"
