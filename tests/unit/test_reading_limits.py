"""Limits of a plan as a whole: what they become, and what cannot be."""

from __future__ import annotations

import pytest
from tests.samples import changed, fleet_of, town

from pdopt.fleet.faults import FleetFaults
from pdopt.fleet.fleet import Changeover, Quota

SKUS = ("big-node", "small-node")


def faults(document) -> dict[str, str]:
    with pytest.raises(FleetFaults) as raised:
        fleet_of(document)
    return {fault.path: fault.sentence for fault in raised.value.faults}


def with_sites() -> dict:
    """The town with a site for each node type."""
    document = town()
    document["sites"] = {"paris": None, "oslo": None}
    for sku, site in zip(SKUS, document["sites"], strict=True):
        document["skus"][sku] |= {"site": site}
    return document


# -- quotas ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "quota"),
    [
        ({"gpus": 64}, Quota("q", SKUS, gpus=64)),
        ({"nodes": 0}, Quota("q", SKUS, nodes=0)),
        ({"skus": "big-node", "gpus": 8}, Quota("q", ("big-node",), gpus=8)),
        ({"gpu": "small", "gpus": 8}, Quota("q", ("small-node",), gpus=8)),
        ({"site": "oslo", "gpus": 8}, Quota("q", ("small-node",), gpus=8)),
        ({"site": "oslo", "gpu": "small", "skus": list(SKUS), "gpus": 8}, Quota("q", ("small-node",), gpus=8)),
        ({"models": ["second", "first", "second"], "nodes": 2}, Quota("q", SKUS, ("second", "first"), nodes=2)),
        ({"models": "first", "gpus": 8}, Quota("q", SKUS, ("first",), gpus=8)),
    ],
)
def test_quotas_name_the_skus_they_count(written, quota):
    assert fleet_of(changed(with_sites(), quotas={"q": written})).quotas == (quota,)


@pytest.mark.parametrize(
    ("written", "path", "said"),
    [
        ({}, "quotas.q", "needs exactly one of gpus and nodes"),
        ({"gpus": 8, "nodes": 1}, "quotas.q.gpus", "needs exactly one of gpus and nodes"),
        ({"gpus": -1}, "quotas.q.gpus", "must be greater than or equal to 0, got -1"),
        ({"gpus": 1.5}, "quotas.q.gpus", "must be a whole number"),
        ({"gpus": 8, "models": ["first", "frist"]}, "quotas.q.models[1]", "'frist' is not one of models; did you mean"),
        ({"gpus": 8, "models": []}, "quotas.q.models", "must name at least one"),
        ({"gpus": 8, "skus": "big-nod"}, "quotas.q.skus", "'big-nod' is not one of skus; did you mean big-node?"),
        ({"gpus": 8, "gpu": "huge"}, "quotas.q.gpu", "'huge' is not a GPU of any SKU; known: big, small"),
        ({"gpus": 8, "site": "pariss"}, "quotas.q.site", "'pariss' is not one of sites; did you mean paris?"),
        ({"gpus": 8, "site": "paris", "gpu": "small"}, "quotas.q", "counts no SKU"),
        ({"gpus": 8, "users": "me"}, "quotas.q.users", "unknown key"),
        (8, "quotas.q", "must be a mapping with gpus or nodes; got 8"),
        (None, "quotas.q", "must be a mapping with gpus or nodes; got nothing"),
    ],
)
def test_what_is_no_quota(written, path, said):
    told = faults(changed(with_sites(), quotas={"q": written, "fine": {"gpus": 1}}))
    assert list(told) == [path]
    assert told[path].startswith(said)


@pytest.mark.parametrize("written", [[], {}, 5, "64"])
def test_quotas_have_names(written):
    assert list(faults({**town(), "quotas": written})) == ["quotas"]


# -- pools ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", [0, -1, 1.5, "two", True, [2]])
def test_what_is_no_least_size(written):
    assert list(faults(changed(town(), limits={"min_pool_instances": written}))) == ["limits.min_pool_instances"]


# -- carbon ---------------------------------------------------------------------------------------------------------


def powered(**grams) -> dict:
    """The town with sites, 10 kW to a node."""
    document = with_sites()
    for sku in document["skus"].values():
        sku["power_kw"] = 10
    for site, gco2_per_kwh in grams.items():
        document["sites"][site] = {"gco2_per_kwh": gco2_per_kwh, "pue": 1.5}
    return document


def test_carbon_in_kilograms():
    """10 kW at a PUE of 1.5 and 40 grams a kilowatt-hour are 600 g an hour; 80 dollars a tonne, 8 cents a kilogram."""
    fleet = fleet_of(changed(powered(paris=40, oslo=0), carbon={"usd_per_tonne": 80}, limits={"carbon_kg_per_hour": 7}))
    assert fleet.carbon_kg_per_h("big-node") == pytest.approx(0.6)
    assert fleet.carbon_kg_per_h("small-node") == 0
    assert (fleet.carbon_usd_per_kg, fleet.limits.carbon_kg_per_hour) == (0.08, 7)


@pytest.mark.parametrize("asked", [{"carbon": {"usd_per_tonne": 80}}, {"limits": {"carbon_kg_per_hour": 7}}])
def test_where_co2_counts_sites_their_grams_and_power_must_be_known(asked):
    (key,) = asked
    path = "carbon" if key == "carbon" else "limits.carbon_kg_per_hour"
    told = faults(changed(town(), **asked))
    assert sorted(told) == [path, "skus.big-node", "skus.small-node"]
    assert told[path].startswith("needs sites with gco2_per_kwh")
    told = faults(changed(powered(paris=40), **asked))
    assert list(told) == ["sites.oslo"]
    assert told["sites.oslo"].startswith("needs gco2_per_kwh (grams of CO2, 0 where it emits none), because " + path)


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ({"carbon": 80}, "carbon"),
        ({"carbon": {}}, "carbon.usd_per_tonne"),
        ({"carbon": {"usd_per_tonne": -1}}, "carbon.usd_per_tonne"),
        ({"carbon": {"usd_per_ton": 80, "usd_per_tonne": 80}}, "carbon.usd_per_ton"),
        ({"limits": {"carbon_kg_per_hour": -1}}, "limits.carbon_kg_per_hour"),
        ({"limits": {"carbon_kg_per_hour": "little"}}, "limits.carbon_kg_per_hour"),
    ],
)
def test_what_is_no_carbon(asked, path):
    assert list(faults(changed(powered(paris=40, oslo=10), **asked))) == [path]


# -- preference -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["small-node", ["small-node"], ["small-node", "small-node"]])
def test_a_preference_names_skus(written):
    assert fleet_of(changed(town(), limits={"prefer": written})).limits.prefer == ("small-node",)


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ([], "limits.prefer"),
        ({"small-node": 1}, "limits.prefer[0]"),
        (True, "limits.prefer[0]"),
        ("small", "limits.prefer"),
        (["big-node", "small"], "limits.prefer[1]"),
        ([None], "limits.prefer[0]"),
    ],
)
def test_what_is_no_preference(written, path):
    assert list(faults(changed(town(), limits={"prefer": written}))) == [path]


# -- change ---------------------------------------------------------------------------------------------------------


def test_changeover():
    assert fleet_of(town()).changeover is None
    assert fleet_of({**town(), "change": {}}).changeover == Changeover(0.0, 0.0, 730.0, None)
    every = {"usd_per_start": 20, "usd_per_stop": 5, "over_hours": 168, "max_starts": 0}
    assert fleet_of({**town(), "change": every}).changeover == Changeover(20, 5, 168, 0)


@pytest.mark.parametrize(
    ("written", "path"),
    [
        (20, "change"),
        ({"usd_per_start": -1}, "change.usd_per_start"),
        ({"usd_per_stop": "x"}, "change.usd_per_stop"),
        ({"over_hours": 0}, "change.over_hours"),
        ({"max_starts": -1}, "change.max_starts"),
        ({"max_starts": 1.5}, "change.max_starts"),
        ({"most_starts": 1}, "change.most_starts"),
    ],
)
def test_what_is_no_changeover(written, path):
    assert list(faults({**town(), "change": written})) == [path]
