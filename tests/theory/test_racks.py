"""Nodes sold in racks against enumeration, and the laws of it."""

from __future__ import annotations

import random
from math import ceil

import pytest

from tests.samples import answer_of, changed, cost_of, some
from tests.theory.small import case_of, fleet_of, least, needs

HOURS = {"night": 8, "day": 16}


def racks(seed: int):
    """Nodes of a come in racks, some of them reserved; nodes of two GPUs b come singly."""
    rng = random.Random(seed)
    case = case_of(rng)
    rates = {name: round(rng.uniform(1, 14), 2) for name in HOURS}
    rack, stock = rng.choice([2, 3, 4]), rng.choice([1, 2, 9])
    fleet = changed(fleet_of(case, rates), periods=HOURS)
    fleet["skus"]["a"] |= {"sold_in": rack, "available": rack * stock}
    fleet["skus"]["b"]["gpus"] = 2
    return case, rates, rack, stock, fleet


@pytest.mark.parametrize("seed", some(range(24), first=8))
def test_cost_in_whole_racks_is_that_of_enumeration(seed):
    case, rates, rack, stock, fleet = racks(seed)
    best = 0.0
    for name, rate in rates.items():
        pairs = [(ceil(a / rack), ceil(b / 2)) for a, b in needs(case, rate)]
        usd = (a * rack * case["prices"]["a"] + b * case["prices"]["b"] for a, b in pairs if a <= stock)
        best += HOURS[name] / 24 * least(usd)
    plan = answer_of(fleet)
    assert plan.cost_per_hour == pytest.approx(best)
    for rental in plan.skus:
        assert rental.nodes % (rack if rental.sku == "a" else 1) == 0


@pytest.mark.parametrize("seed", some(range(16), first=5))
def test_cost_with_reserved_racks_is_that_of_enumeration(seed):
    case, rates, rack, stock, fleet = racks(seed)
    price = fleet["skus"]["a"].pop("usd_per_hour")
    fleet["skus"]["a"]["terms"] = {
        "year": {"kind": "reserved", "usd_per_hour": round(price * 0.6, 2), "available": rack},
        "hourly": {"usd_per_hour": price},
    }
    best = []
    for reserved in (0, 1):
        usd = reserved * rack * round(price * 0.6, 2)
        for name, rate in rates.items():
            pairs = [(ceil(a / rack), ceil(b / 2)) for a, b in needs(case, rate)]
            kept = [(max(a - reserved, 0) * rack, b) for a, b in pairs if max(a, reserved) <= stock]
            more = (a * price + b * case["prices"]["b"] for a, b in kept)
            usd += HOURS[name] / 24 * least(more)
        best.append(usd)
    assert cost_of(fleet) == pytest.approx(min(best))


def test_racks_are_never_cheaper_than_nodes_and_racks_of_one_are_nodes():
    for seed in range(6):
        *_, fleet = racks(seed)
        nodes = cost_of(changed(fleet, "skus", "a", sold_in=None))
        assert cost_of(changed(fleet, "skus", "a", sold_in=1)) == pytest.approx(nodes)
        assert cost_of(fleet) >= nodes - 1e-9
