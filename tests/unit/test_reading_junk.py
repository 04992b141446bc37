"""Whatever stands in a fleet file, it is read or it is refused in words."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from tests.samples import changed, fleet_of, paper

from pdopt.fleet.faults import Fault, FleetFaults

JUNK = (None, True, -1, 0, 1.5, 10**30, float("nan"), float("inf"), "", "x", "1e3", "5 %", [], {}, [None], {"a": None})


def full() -> dict[str, Any]:
    """A fleet that says everything there is to say about periods, terms, scenarios, risk and budget."""
    terms = {
        "reserved_1y": {"usd_per_hour": 41, "available": 10, "capex_usd": 10, "years": 2, "periods": ["night"]},
        "on_demand": {"usd_per_hour": 63, "kind": "on_demand"},
        "spot": {"usd_per_hour": 25, "max_share": 0.3, "interruption": 0.1},
        "owned": {"available": 4},
    }
    node = {"usd_per_hour": None, "terms": terms, "available": 40, "sold_in": 2, "start_usd": 1, "min_up_hours": 2}
    node |= {"site": "paris", "power_kw": 10}
    document = changed(paper(tokens_per_minute=None, value=2, priority=1), "skus", "node", **node)
    document = changed(document, "workloads", "chat", requests_per_second={"night": 1, "day": 2})
    return document | {
        "periods": {"night": [22, 23], "day": 14},
        "scenarios": {"base": {"probability": 0.5}, "more": {"probability": 0.5, "demand": {"chat": 2}}},
        "risk": {"weight": 0.5, "cvar": 0.9},
        "budget": {"usd_per_hour": 400},
        "change": {"usd_per_start": 20, "usd_per_stop": 5, "over_hours": 168, "max_starts": 10},
        "carbon": {"usd_per_tonne": 80},
        "limits": {
            "carbon_kg_per_hour": 900,
            "min_pool_instances": 2,
            "max_skus": 2,
            "power_kw": 500,
            "prefer": ["node"],
        },
        "sites": {"paris": {"gco2_per_kwh": 40, "pue": 1.2, "power_kw": 400}},
        "quotas": {"team": {"models": ["llm"], "skus": ["node"], "gpu": "h200", "gpus": 64}},
    }


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        return [path, *(place for key, item in inner for place in places(item, (*path, key)))]
    return [path]


def put(document: dict[str, Any], path: tuple[Any, ...], junk: object) -> dict[str, Any]:
    document = copy.deepcopy(document)
    at(document, path[:-1])[path[-1]] = junk
    return document


def faults_of(document: dict[str, Any]) -> tuple[Fault, ...]:
    try:
        fleet_of(document)
    except FleetFaults as faults:
        return faults.faults
    return ()


def at(document: Any, place: tuple[Any, ...]) -> Any:
    for step in place:
        document = document[step]
    return document


SECTIONS = (
    *("skus", "workloads", "periods", "scenarios", "risk", "budget"),
    *("quotas", "carbon", "limits", "sites", "change"),
)
PLACES = [place for place in places(full()) if place and place[0] in SECTIONS]
MAPPINGS = [place for place in PLACES if isinstance(at(full(), place), dict)]


def test_nothing_is_wrong_with_it():
    assert fleet_of(full()).budget_usd_per_h == 400
    assert len(PLACES) > 50


@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(map(str, place)))
def test_junk_is_read_or_refused(place):
    refused = 0
    for junk in JUNK:
        found = faults_of(put(full(), place, junk))
        assert all(fault.line and fault.path and fault.sentence for fault in found)
        refused += bool(found)
    assert refused


@pytest.mark.parametrize("place", MAPPINGS, ids=lambda place: ".".join(map(str, place)))
def test_a_word_too_many_is_refused(place):
    with pytest.raises(FleetFaults, match="wrod"):
        fleet_of(put(full(), (*place, "wrod"), "junk"))
