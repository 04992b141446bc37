"""Several spot terms on one SKU, against enumeration of the instances of each pool on each of them."""

from __future__ import annotations

import random
from itertools import product
from math import floor

import pytest

from pdopt.plan.audit import audit
from tests.samples import answer_of, cost_of, fleet_of, paper, some
from tests.theory import small


def case_of(seed: int) -> tuple[dict, float, dict]:
    """One GPU type on demand and two spot terms, each of most of a pool, away for a part of the time."""
    rng = random.Random(seed)
    case = {
        "prices": {"a": 20},
        "prefill": {"a": rng.uniform(2, 6)},
        "decode": {"a": rng.uniform(4, 14)},
    }
    terms = {
        name: {
            "usd_per_hour": rng.randint(1, 9),
            "kind": "spot",
            "max_share": rng.choice([0.4, 0.5, 0.6, 0.75, 1.0]),
            "interruption": rng.choice([0.0, 0.2, 0.45]),
        }
        for name in ("spot-a", "spot-b")
    }
    return case, round(rng.uniform(4, 14), 2), terms


def document_of(case: dict, rate: float, terms: dict) -> dict:
    document = small.fleet_of(case, rate)
    price = document["skus"]["a"].pop("usd_per_hour")
    document["skus"]["a"]["terms"] = {"hourly": {"usd_per_hour": price}, **terms}
    return document


def cheapest_pool(work: float, price: float, terms: dict) -> float:
    """Least dollars per hour of a pool: n instances, some of them on each term, those there on average enough."""
    (a, b), found = terms.values(), []
    for n in range(1, 40):
        most = [floor(term["max_share"] * n + 1e-9) for term in (a, b)]
        for on_a, on_b in product(range(most[0] + 1), range(most[1] + 1)):
            there = n - on_a * a["interruption"] - on_b * b["interruption"]
            if on_a + on_b <= n and there >= work - 1e-9:
                spent = on_a * a["usd_per_hour"] + on_b * b["usd_per_hour"] + (n - on_a - on_b) * price
                found.append(spent)
    return min(found)


@pytest.mark.parametrize("seed", some(range(40), first=13))
def test_cost_is_that_of_enumeration(seed):
    case, rate, terms = case_of(seed)
    best = sum(cheapest_pool(rate / case[role]["a"], 20, terms) for role in ("prefill", "decode"))
    assert cost_of(document_of(case, rate, terms)) == pytest.approx(best)


def test_what_is_lost_on_both_terms_is_made_up_for():
    """Half of a pool on each term, away 45 % of the time: 0.55 n >= 4.2 takes 8 of 1 dollar; decode takes 4 for 2.1."""
    terms = {name: {"usd_per_hour": 1, "kind": "spot", "max_share": 0.5, "interruption": 0.45} for name in "xy"}
    case = {"prices": {"a": 20}, "prefill": {"a": 1.0}, "decode": {"a": 2.0}}
    assert cost_of(document_of(case, 4.2, terms)) == pytest.approx(12)


def test_an_instance_is_on_one_term():
    """Of four prefill instances three may be on either term, not six: decode cannot have the room of those for its own.

    One decode instance would be enough, hourly; two are cheaper, one on each term.
    """
    terms = {name: {"usd_per_hour": 1, "kind": "spot", "max_share": 0.75} for name in "xy"}
    case = {"prices": {"a": 20}, "prefill": {"a": 1.0}, "decode": {"a": 4.0}}
    assert cost_of(document_of(case, 4.0, terms)) == pytest.approx(6)


def test_the_audit_counts_instances_on_spot_once():
    document = paper()
    document["skus"]["node"] = {
        "gpu": "h200",
        "gpus": 8,
        "terms": {"on_demand": {"usd_per_hour": 60}, "spot": {"usd_per_hour": 20}, "spot-2": {"usd_per_hour": 21}},
    }
    fleet, plan = fleet_of(document), answer_of(document)
    assert audit(fleet, plan) == []
    first = plan.pools[0]
    twice = first.model_copy(update={"on_spot": {"spot": first.instances, "spot-2": first.instances}})
    told = audit(fleet, plan.model_copy(update={"pools": (twice, *plan.pools[1:])}))
    n = first.instances
    assert any(f"{2 * n} of {n} instances on spot nodes" in sentence for sentence in told)
