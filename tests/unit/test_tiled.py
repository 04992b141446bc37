"""Programs whose slots are copies of one, against the same compiled as a whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from benchmarks.scale.fleets import document
from tests.samples import changed, fleet_of

from pdopt.capacity.lanes import lane_table
from pdopt.capacity.table import LaneTable
from pdopt.program import slot_numbers, tiled
from pdopt.program.build import build
from pdopt.program.matrix import Matrix, compile_matrix

DAY = {"h00": 7, "h01": 5, "h02": 4, "h03": 2, "h04": 6}
GREEN = {"sites": {"paris": {"gco2_per_kwh": 50}}, "each": {"site": "paris", "power_kw": 9.0}}
TERMS = {
    "year": {"kind": "reserved", "usd_per_hour": 21.0, "available": 3},
    "hourly": {"usd_per_hour": 40.0, "available": 4},
    "spot": {"usd_per_hour": 12.0, "kind": "spot", "max_share": 0.5, "interruption": 0.1},
    "other": {"usd_per_hour": 13.0, "kind": "spot", "max_share": 0.25, "interruption": 0.02},
}
COPIED: dict[str, dict[str, Any]] = {
    "plain": {},
    "stock": {"first": {"available": 5}},
    "terms": {"first": {"terms": TERMS, "usd_per_hour": None}},
    "committed only": {"first": {"terms": {"year": TERMS["year"]}, "usd_per_hour": None}},
    "priced carbon": {**GREEN, "carbon": {"usd_per_tonne": 80}},
    "preferred": {"limits": {"prefer": ["a100-sxm"]}},
    "power": {**GREEN, "limits": {"power_kw": 400}},
    "quota": {"quotas": {"few": {"models": ["llm-0"], "gpu": "h100-sxm", "gpus": 24}}},
    "node starts": {"first": {"start_usd": 4.0, "stop_usd": 1.0}},
    "instance starts": {"start": 3.0},
    "starts of both, with stock": {"first": {"start_usd": 4.0, "available": 5}, "start": 3.0},
    "redundancy": {"redundancy": {"instances": 1}},
    "a part survives, starts cost": {"redundancy": {"instances": 2, "serve": 0.7}, "start": 3.0},
    "large pools": {"limits": {"min_pool_instances": 3}},
    "starts in scenarios": {
        "start": 3.0,
        "scenarios": {"usual": {"probability": 0.75}, "double": {"probability": 0.25, "demand": 2.0}},
    },
}
WHOLE: dict[str, dict[str, Any]] = {
    "up for some time": {"first": {"start_usd": 4.0, "min_up_hours": 3}},
    "few SKUs": {"limits": {"max_skus": 2}},
    "emissions": {**GREEN, "limits": {"carbon_kg_per_hour": 500}},
    "pooled": {"assumptions": {"dispatch": "pooled"}},
    "uncertain": {"uncertainty": {"workloads": 1, "deviation": 0.2}},
    "not always offered": {
        "first": {
            "terms": {
                "hourly": {"usd_per_hour": 40.0},
                "day": {"kind": "reserved", "usd_per_hour": 9, "periods": ["h03"]},
            }
        }
    },
    "nothing to serve at night": {"night": 0.0},
}


def table_of(first=None, each=None, night=None, start=None, **changes) -> LaneTable:
    """Three LLMs on four SKUs over five periods of different lengths; changes of the first SKU, or of each."""
    found = changed(document(3, 4, 5, seed=7), periods=DAY, **changes)
    for number, sku in enumerate(found["skus"].values()):
        sku |= (each or {}) | ((first or {}) if number == 0 else {})
        if "terms" in sku:
            del sku["usd_per_hour"]
    for model in found["models"].values() if start else ():
        model["start_usd"] = start
    if night is not None:
        next(iter(found["workloads"].values()))["requests_per_second"]["h03"] = night
    return lane_table(fleet_of(found))


def by_name(matrix: Matrix, like: Matrix) -> Matrix:
    """Put columns and rows in the order that another matrix of the same names has."""
    assert set(matrix.column_of) == set(like.column_of)
    assert set(matrix.row_of) == set(like.row_of)
    columns = np.array([matrix.column_of[name] for name in like.column_of])
    rows = np.array([matrix.row_of[name] for name in like.row_of])
    vectors = {key: getattr(matrix, key)[columns] for key in ("cost", "lower", "upper", "whole", "unit")}
    elsewhere = None if matrix.elsewhere is None else matrix.elsewhere[columns]
    sides = {key: getattr(matrix, key)[rows] for key in ("row_lower", "row_upper")}
    return replace(matrix, a=matrix.a.tocsr()[rows][:, columns], elsewhere=elsewhere, **vectors, **sides)


@pytest.mark.parametrize("family", COPIED)
def test_copies_are_what_compiling_the_whole_gives(family):
    table = table_of(**COPIED[family])
    copied = tiled._by_slot(table)
    assert copied is not None
    whole = compile_matrix(build(table))
    found = by_name(copied, whole)
    assert abs(found.a - whole.a).max() < 1e-9
    for key in ("cost", "lower", "upper", "whole", "unit", "row_lower", "row_upper"):
        assert getattr(found, key) == pytest.approx(getattr(whole, key), rel=1e-9, abs=1e-12), key
    if whole.elsewhere is not None:
        assert found.elsewhere == pytest.approx(whole.elsewhere, rel=1e-9)


@pytest.mark.parametrize("family", WHOLE)
def test_what_follows_from_slot_to_slot_is_compiled_as_a_whole(family):
    table = table_of(**WHOLE[family])
    assert tiled._by_slot(table) is None


def test_numbers_that_nobody_knew_to_differ_are_found_out(monkeypatch):
    table = table_of()
    monkeypatch.setattr(slot_numbers, "most_of_each", lambda table, lanes: np.full((len(table.slots), len(lanes)), 3.0))
    assert tiled._by_slot(table) is None
    whole = compile_matrix(build(table))
    assert by_name(tiled.compile_table(table), whole).upper == pytest.approx(whole.upper)
