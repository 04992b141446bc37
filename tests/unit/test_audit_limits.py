"""Limits, quotas, sites, CO2 and preferences: a plan that breaks one of them is found out."""

from __future__ import annotations

import pytest
from tests.samples import changed, fleet_of, paper

import pdopt
from pdopt.plan.audit import audit


def document(**sections) -> dict:
    """The paper's fleet, 4P4D on eight nodes of 10 kW in paris: 8 x 10 x 1.2 x 50 g = 4.8 kg an hour."""
    fleet = changed(paper(), "skus", "node", site="paris", power_kw=10)
    fleet["skus"]["spare"] = {**fleet["skus"]["node"], "usd_per_hour": 90}
    sites = {"paris": {"gco2_per_kwh": 50, "pue": 1.2}}
    return {**fleet, "sites": sites, "limits": {"prefer": "node"}, "carbon": {"usd_per_tonne": 100}, **sections}


@pytest.fixture(scope="module")
def plan():
    return pdopt.solve(fleet_of(document()))


def test_a_good_plan_states_what_it_draws_and_emits(plan):
    assert audit(fleet_of(document()), plan) == []
    (site,) = plan.sites
    assert (site.power_kw, site.power_kw_available, site.carbon_kg_per_hour) == (80, None, pytest.approx(4.8))
    assert plan.carbon_kg_per_hour == pytest.approx(4.8)
    assert plan.costs == pytest.approx({"on_demand": 480, "carbon": 0.48})
    assert plan.preference.gpus_elsewhere == 0


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({"limits": {"prefer": "node", "min_pool_instances": 5}}, "4 instances, a pool has at least 5"),
        ({"limits": {"prefer": "node", "carbon_kg_per_hour": 4.7}}, "emit 4.8 kg of CO2 per hour, at most 4.7"),
        ({"sites": {"paris": {"gco2_per_kwh": 50, "pue": 1.2, "power_kw": 79}}}, "in paris draw 80 kW, at most 79"),
        ({"sites": {"paris": {"gco2_per_kwh": 60, "pue": 1.2}}}, "emit 5.76 kg of CO2 per hour, the plan says 4.8"),
        ({"carbon": {"usd_per_tonne": 200}}, "CO2 costs 0.96"),
        ({"limits": {"prefer": "spare"}}, "prefers node, the fleet spare"),
        ({"limits": {}}, "prefers node"),
        ({"quotas": {"q": {"gpus": 64}}}, "quota q: 64 GPUs used, 64 allowed, the plan says -1"),
        ({"quotas": {"q": {"models": "llm", "nodes": 7}}}, "quota q: 8 nodes used, 7 allowed"),
    ],
)
def test_what_another_fleet_does_not_allow(plan, sections, said):
    told = audit(fleet_of(document(**sections)), plan)
    assert any(said in sentence for sentence in told), told


@pytest.mark.parametrize(
    ("sections", "change", "said"),
    [
        ({}, {"carbon_kg_per_hour": 4.0}, "the plan says 4"),
        ({}, {"costs": {"on_demand": 480.48}}, "CO2 costs 0.48"),
        ({"limits": {"prefer": "spare"}}, {"preference": None}, "prefers no SKU, the fleet spare"),
    ],
)
def test_what_is_only_said(sections, change, said):
    fleet = fleet_of(document(**sections))
    told = audit(fleet, pdopt.solve(fleet).model_copy(update=change))
    assert any(said in sentence for sentence in told), told


def test_gpus_elsewhere_are_counted():
    fleet = fleet_of(changed(document(limits={"prefer": "spare"}), "skus", "spare", available=3))
    plan = pdopt.solve(fleet)
    assert plan.preference.gpus_elsewhere == 40
    less = plan.preference.model_copy(update={"gpus_elsewhere": 32.0})
    told = audit(fleet, plan.model_copy(update={"preference": less}))
    assert any("40 GPUs are held on SKUs that are not preferred, the plan says 32" in sentence for sentence in told)
