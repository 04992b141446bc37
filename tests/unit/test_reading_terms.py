"""Ways of paying, racks, starts and stops: what they become, and what cannot be."""

from __future__ import annotations

import pytest
from tests.samples import changed, fleet_of, paper

from pdopt.fleet.entries.terms import kind_of
from pdopt.fleet.faults import FleetFaults
from pdopt.fleet.fleet import Term


def node(terms=None, periods=(10, 14), **keys):
    """The paper's fleet with its node on terms."""
    return changed(paper(), "skus", "node", usd_per_hour=None, terms=terms, **keys) | {"periods": list(periods)}


def faults(document):
    with pytest.raises(FleetFaults) as raised:
        fleet_of(document)
    return {fault.path: fault.sentence for fault in raised.value.faults}


def terms_of(terms, **keys):
    sku = fleet_of(node(terms, **keys)).skus["node"]
    return sku, {term.name: term for term in sku.terms}


def test_the_terms_of_the_contract():
    sku, _ = terms_of(
        {
            "reserved_1y": {"usd_per_hour": 41.0, "kind": "reserved", "available": 10},
            "on_demand": {"usd_per_hour": 63.3},
            "spot": {"usd_per_hour": 25.0, "kind": "spot", "max_share": 0.3},
        }
    )
    assert sku.usd_per_h == 63.3
    assert sku.terms == (
        Term("reserved_1y", 41.0, "reserved", 10, months=12),
        Term("on_demand", 63.3),
        Term("spot", 25.0, "spot", max_share=0.3),
    )
    assert [term.committed for term in sku.terms] == [True, False, False]


def test_one_price_is_one_way_to_pay():
    sku = fleet_of(paper()).skus["node"]
    assert (sku.terms, sku.ways_to_pay) == ((), (Term("on_demand", 60),))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("on_demand", "on_demand"),
        ("list price", "on_demand"),
        ("spot", "spot"),
        ("Spot-eu", "spot"),
        ("preemptible", "spot"),
        ("reserved", "reserved"),
        ("reserved_3y", "reserved"),
        ("1y", "reserved"),
        ("savings_plan", "reserved"),
        ("cud_1yr", "reserved"),
        ("committed", "reserved"),
        ("owned", "owned"),
        ("my1yard", "on_demand"),
    ],
)
def test_a_name_tells_the_kind_where_nothing_else_does(name, kind):
    assert kind_of(name) == kind
    assert terms_of({name: {"usd_per_hour": 1, "available": 1}})[1][name].kind == kind
    assert terms_of({name: {"usd_per_hour": 1, "kind": "on_demand"}})[1][name].kind == "on_demand"


@pytest.mark.parametrize(
    ("names", "price"),
    [
        (("spot", "reserved", "on_demand"), 3),
        (("reserved", "spot", "owned"), 1),
        (("reserved", "owned", "spot"), 4),
        (("reserved",), 2),
    ],
)
def test_the_price_of_a_sku_is_that_of_a_term_paid_as_used(names, price):
    usd = {"spot": 1, "reserved": 2, "on_demand": 3, "owned": 4}
    terms = {name: {"usd_per_hour": usd[name], "kind": name, "available": 1} for name in names}
    assert terms_of(terms)[0].usd_per_h == price


def test_what_is_bought_is_written_off():
    """87 600 dollars over five years of 8760 hours are 2 an hour: of each reserved node, of all owned ones."""
    bought = {"capex_usd": 87_600, "years": 5}
    _, terms = terms_of(
        {
            "lease": {"kind": "reserved", "usd_per_hour": 1.5, **bought},
            "purchase": {"kind": "reserved", **bought},
            "rack": {"kind": "owned", "available": 4, "usd_per_hour": 0.5, **bought},
            "gift": {"kind": "owned", "available": 2},
        }
    )
    assert {n: (t.usd_per_h, t.sunk_usd_per_h) for n, t in terms.items()} == {
        "lease": (3.5, 0),
        "purchase": (2, 0),
        "rack": (0.5, 8),
        "gift": (0, 0),
    }


def test_spot_and_capacity_blocks():
    _, terms = terms_of(
        {
            "spot": {"usd_per_hour": 1, "max_share": "30 %", "interruption": "5 %"},
            "block": {"usd_per_hour": 1, "kind": "reserved", "periods": [2]},
        }
    )
    assert (terms["spot"].max_share, terms["spot"].interruption) == (0.3, 0.05)
    assert terms["block"].periods == ("2",)


@pytest.mark.parametrize("billing", ["node", "gpu"])
def test_prices_of_terms_are_of_whole_nodes(billing):
    sku, terms = terms_of({"on_demand": {"usd_per_hour": 64}}, billing=billing)
    assert (sku.billing, sku.usd_per_h, terms["on_demand"].usd_per_h) == (billing, 64, 64)


def test_starts_stops_and_racks():
    document = node({"on_demand": {"usd_per_hour": 1, "available": 36}}, available=54, sold_in=18)
    sku = fleet_of(changed(document, "skus", "node", start_usd=5, stop_usd=2, min_up_hours=3)).skus["node"]
    assert (sku.start_usd, sku.stop_usd, sku.min_up_h, sku.sold_in) == (5, 2, 3, 18)
    assert fleet_of(changed(document, "models", "llm", start_usd=7)).llms["llm"].start_usd == 7


def test_starts_without_periods_are_noted():
    document = changed(paper(), "skus", "node", start_usd=5, min_up_hours=0)
    document = changed(document, "models", "llm", start_usd=1)
    note = "start_usd of node, llm has no effect without periods: nothing starts or stops"
    assert [n for n in fleet_of(document).notes if "no effect" in n] == [note]
    assert not any("no effect" in n for n in fleet_of(document | {"periods": [24]}).notes)


@pytest.mark.parametrize(
    ("terms", "path", "said"),
    [
        ({}, "", "at least one term"),
        ([1], "", "must be a mapping"),
        ({"a": 5}, ".a", "must be a mapping, got 5"),
        ({"a": None}, ".a", "must be a mapping"),
        ({"a": {}}, ".a.usd_per_hour", "is missing"),
        ({"a": {"usd_per_hour": -1}}, ".a.usd_per_hour", "greater than or equal to 0"),
        ({"a": {"usd_per_hour": 1, "kin": "spot"}}, ".a.kin", "did you mean kind?"),
        ({"a": {"usd_per_hour": 1, "kind": "rented"}}, ".a.kind", "got 'rented'"),
        ({"a": {"usd_per_hour": 1, "max_share": 0.5}}, ".a.max_share", "goes with kind: spot, not on_demand"),
        ({"1y": {"usd_per_hour": 1, "interruption": 0}}, ".1y.interruption", "goes with kind: spot, not reserved"),
        ({"spot": {"usd_per_hour": 1, "interruption": 1}}, ".spot.interruption", "less than 1"),
        ({"spot": {"usd_per_hour": 1, "max_share": 1.5}}, ".spot.max_share", "less than or equal to 1"),
        ({"spot": {"usd_per_hour": 1, "periods": ["1"]}}, ".spot.periods", "goes with kind: reserved, not spot"),
        ({"1y": {"usd_per_hour": 1, "periods": []}}, ".1y.periods", "must name at least one"),
        ({"1y": {"usd_per_hour": 1, "periods": ["3"]}}, ".1y.periods[0]", "not one of periods"),
        ({"1y": {"years": 1, "usd_per_hour": 1}}, ".1y.years", "needs capex_usd"),
        ({"1y": {"years": 0, "capex_usd": 1}}, ".1y.years", "greater than 0"),
        ({"owned": {}}, ".owned", "needs available"),
        ({"owned": {"available": 1.5}}, ".owned.available", "whole number"),
    ],
)
def test_terms_that_cannot_be(terms, path, said):
    found = faults(node(terms))
    assert list(found) == [f"skus.node.terms{path}"]
    assert said in found[f"skus.node.terms{path}"]


def test_a_capacity_block_needs_periods():
    document = node({"1y": {"usd_per_hour": 1, "periods": ["day"]}})
    del document["periods"]
    assert "add periods:" in faults(document)["skus.node.terms.1y.periods[0]"]


def test_a_price_or_terms_and_not_both():
    both = changed(node({"on_demand": {"usd_per_hour": 1}}), "skus", "node", usd_per_hour=1)
    assert list(faults(both)) == ["skus.node.terms"]
    assert list(faults(node())) == ["skus.node.usd_per_hour"]


@pytest.mark.parametrize(
    ("keys", "term", "paths"),
    [
        ({"sold_in": 18, "available": 20}, {}, ["skus.node.available"]),
        ({"sold_in": 18}, {"available": 9}, ["skus.node.terms.rent.available"]),
        ({"sold_in": 0}, {}, ["skus.node.sold_in"]),
        ({"sold_in": 1.5}, {}, ["skus.node.sold_in"]),
        ({"sold_in": 2, "billing": "gpu"}, {}, ["skus.node.sold_in"]),
        ({"start_usd": -1}, {}, ["skus.node.start_usd"]),
        ({"stop_usd": "much"}, {}, ["skus.node.stop_usd"]),
        ({"min_up_hours": -2}, {}, ["skus.node.min_up_hours"]),
        ({"available": 3}, {"kind": "owned", "available": 4}, ["skus.node.available"]),
    ],
)
def test_nodes_that_cannot_be(keys, term, paths):
    assert list(faults(node({"rent": {"usd_per_hour": 1, **term}}, **keys))) == paths


@pytest.mark.parametrize("keys", [{"sold_in": 1, "billing": "gpu"}, {"sold_in": 18, "available": 0}])
def test_nodes_that_can(keys):
    fleet_of(node({"rent": {"usd_per_hour": 1}}, **keys))
