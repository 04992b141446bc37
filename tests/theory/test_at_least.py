"""Nodes rented in any case: against enumeration, and what is said when they leave no plan."""

from __future__ import annotations

import random
from itertools import product

import pytest

from pdopt.fleet.faults import FleetFaults
from tests.samples import answer_of, changed, cost_of, paper, some
from tests.theory.test_redundancy import MOST, fleet_of, two_gpus


def enumerated(case: dict, wanted: dict[str, int]) -> float:
    """Cheapest counts of both roles, each SKU paid for at least what is wanted of it."""
    carrying = {}
    for role in ("prefill", "decode"):
        counts = product(range(MOST), repeat=2)
        carrying[role] = [n for n in counts if n[0] * case[role]["a"] + n[1] * case[role]["b"] >= case["rate"]]
    return min(
        sum(max(p[i] + d[i], wanted[gpu]) * case["prices"][gpu] for i, gpu in enumerate("ab"))
        for p, d in product(carrying["prefill"], carrying["decode"])
    )


@pytest.mark.parametrize("seed", some(range(25), first=8))
@pytest.mark.parametrize("billing", ["node", "gpu"])
def test_cost_is_that_of_enumeration(seed, billing):
    rng = random.Random(seed)
    case = two_gpus(rng, spares=0)
    wanted = {gpu: rng.randint(0, 5) for gpu in "ab"}
    fleet = fleet_of(case)
    for gpu, sku in fleet["skus"].items():
        sku |= {"at_least": wanted[gpu], "billing": billing}
    plan = answer_of(fleet)
    assert plan.cost_per_hour == pytest.approx(enumerated(case, wanted))
    rented = {rental.sku: rental.nodes for rental in plan.skus}
    assert all(rented.get(gpu, 0) >= count for gpu, count in wanted.items())


def test_nodes_nobody_can_use_are_rented_and_paid():
    fleet = changed(paper(), "skus", other={"gpu": "tpu", "gpus": 4, "usd_per_hour": 7, "at_least": 3})
    assert cost_of(fleet) == pytest.approx(cost_of(paper()) + 21)
    (other,) = (rental for rental in answer_of(fleet).skus if rental.sku == "other")
    assert (other.nodes, other.gpus_used) == (3, 0)


def test_a_limit_below_what_is_wanted_is_named():
    fleet = changed(paper(), "skus", other={"gpu": "tpu", "gpus": 4, "usd_per_hour": 7, "at_least": 1})
    reasons = answer_of({**fleet, "limits": {"max_skus": 1}}).reasons
    assert {(r.limit, r.short_by) for r in reasons if r.kind == "limit"} == {("max_skus", 1.0), ("at_least", 1.0)}


def test_nodes_wanted_beyond_a_limit_are_told_even_where_nothing_is_served():
    power = {"usd_per_hour": 7, "power_kw": 2}
    fleet = changed(paper(tokens_per_minute=0), "skus", node={"gpu": "h200", "gpus": 8, "at_least": 3, **power})
    reasons = answer_of({**fleet, "limits": {"power_kw": 5}}).reasons
    assert [(r.limit, r.short_by, r.verified) for r in reasons] == [("power_kw", 1.0, True), ("at_least", 1.0, True)]


def test_more_than_there_are_is_refused_at_the_door():
    with pytest.raises(FleetFaults) as raised:
        answer_of(changed(paper(), "skus", "node", at_least=4, available=3))
    assert [str(fault.path) for fault in raised.value.faults] == ["skus.node.at_least"]
