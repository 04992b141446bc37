"""What is said to make a plan possible under limits, quotas, sites and starts does so, and is told as verified."""

from __future__ import annotations

import pytest

import pdopt
from tests.samples import answer_of, changed, fleet_of, paper


def fleet(**sections) -> dict:
    """The paper's fleet, 4P4D on eight nodes of 10 kW: 80 kW, 8 x 10 x 1.2 x 50 g = 4.8 kg of CO2 an hour."""
    document = changed(paper(), "skus", "node", site="paris", power_kw=10)
    return {**document, "sites": {"paris": {"gco2_per_kwh": 50, "pue": 1.2}}, **sections}


@pytest.mark.parametrize(
    ("sections", "key", "to"),
    [
        ({"quotas": {"q": {"gpus": 40}}}, "quotas.q.gpus", 64),
        ({"quotas": {"q": {"models": "llm", "nodes": 7}}}, "quotas.q.nodes", 8),
        ({"sites": {"paris": {"power_kw": 75}}}, "sites.paris.power_kw", 80),
        ({"limits": {"carbon_kg_per_hour": 4}}, "limits.carbon_kg_per_hour", 4.8),
    ],
)
def test_more_of_it_is_verified(sections, key, to):
    answer = answer_of(fleet(**sections))
    (reason,) = [r for r in answer.reasons if r.kind == "limit"]
    (remedy,) = reason.remedy
    assert (remedy["set"], remedy["to"]) == (key, pytest.approx(to))
    assert reason.verified


def test_smaller_pools_are_verified():
    answer = answer_of(changed(fleet(limits={"min_pool_instances": 5}), "skus", "node", available=8))
    (reason,) = [r for r in answer.reasons if r.limit == "min_pool_instances"]
    assert (reason.remedy[0]["to"], reason.verified) == (4, True)


def test_starts_are_verified_against_the_plan_that_runs():
    """Three more are needed; lower demand is a remedy only as far as the instances that run now carry it."""
    now = answer_of(paper())
    answer = pdopt.solve(fleet_of({**paper(tokens_per_minute=7_000_000), "change": {"max_starts": 1}}), current=now)
    (starts,) = [r for r in answer.reasons if r.limit == "change.max_starts"]
    assert (starts.remedy[0]["set"], starts.remedy[0]["to"], starts.verified) == ("change.max_starts", 3, True)
    (demand,) = [r for r in answer.reasons if r.kind == "demand"]
    assert demand.verified
    assert demand.largest_fraction < 1


@pytest.mark.parametrize(
    ("sections", "nodes", "key"),
    [
        ({"redundancy": {"instances": 2}}, 10, "redundancy.instances"),
        ({"redundancy": {"nodes": 2}}, 10, "redundancy.nodes"),
    ],
)
def test_less_redundancy_is_verified(sections, nodes, key):
    """4P4D and one spare of each are ten nodes; two of each would be twelve."""
    answer = answer_of(changed(fleet(**sections), "skus", "node", available=nodes))
    (reason,) = [r for r in answer.reasons if r.limit == key]
    assert (reason.remedy, reason.verified) == (({"set": key, "from": 2, "to": 1},), True)


def test_fewer_deviations_are_verified():
    document = fleet(uncertainty={"workloads": 1, "deviation": 1.0})
    answer = answer_of(changed(document, "skus", "node", available=8))
    (reason,) = [r for r in answer.reasons if r.limit == "uncertainty.workloads"]
    assert (reason.remedy[0]["to"], reason.verified) == (0, True)


def test_fewer_lost_sites_are_verified():
    """Prefill is only in one of two sites, and only the profile of the other GPU decodes."""
    document = fleet(redundancy={"sites": 1})
    node = document["skus"]["node"]
    document["skus"]["other"] = {**node, "gpu": "unmeasured-gpu", "site": "oslo"}
    document["sites"]["oslo"] = {}
    answer = answer_of(document)
    reasons = [r for r in answer.reasons if r.limit == "redundancy.sites"]
    assert reasons
    assert all(r.remedy == ({"set": "redundancy.sites", "from": 1, "to": 0},) and r.verified for r in reasons)
