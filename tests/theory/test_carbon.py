"""Power of sites, limits and prices of CO2 against enumeration, and their laws."""

from __future__ import annotations

import random
from itertools import product
from math import inf

import pytest

from tests.samples import answer_of, changed, some
from tests.theory.small import case_of, fleet_of, least

HOURS = {"night": 9, "day": 15}


def two_sites(seed: int):
    """One workload on a in a site and b in another, each prefilling what it decodes; power, PUE and grams by site."""
    rng = random.Random(seed)
    case = case_of(rng)
    rates = {name: round(rng.uniform(1, 12), 2) for name in HOURS}
    fleet = changed(fleet_of(case, rates), periods=HOURS)
    draw = {gpu: round(rng.uniform(0.5, 3), 1) for gpu in "ab"}
    sites = {f"site-{gpu}": {"gco2_per_kwh": rng.randint(0, 500), "pue": round(rng.uniform(1, 1.6), 2)} for gpu in "ab"}
    for gpu, sku in fleet["skus"].items():
        sku |= {"power_kw": draw[gpu], "site": f"site-{gpu}"}
    kg = {gpu: draw[gpu] * sites[f"site-{gpu}"]["pue"] * sites[f"site-{gpu}"]["gco2_per_kwh"] / 1000 for gpu in "ab"}
    return rng, case, rates, draw, kg, {**fleet, "sites": sites}


def counts(case: dict, rate: float):
    """GPUs (a, b) that carry a rate, none of them wasteful."""
    found = set()
    for pa, da, pb, db in product(range(7), repeat=4):
        served = (min(p * case["prefill"][g], d * case["decode"][g]) for g, p, d in (("a", pa, da), ("b", pb, db)))
        if sum(served) >= rate:
            found.add((pa + da, pb + db))
    return [x for x in found if not any(y != x and y[0] <= x[0] and y[1] <= x[1] for y in found)]


def days(case: dict, rates: dict, kg: dict):
    """Every day: (dollars per hour, kilograms per hour, counts by period), averages over the hours."""
    for chosen in product(*(counts(case, rate) for rate in rates.values())):
        mean = [sum(h * n[i] for h, n in zip(HOURS.values(), chosen, strict=True)) / 24 for i in (0, 1)]
        usd = sum(n * case["prices"][g] for n, g in zip(mean, "ab", strict=True))
        yield usd, sum(n * kg[g] for n, g in zip(mean, "ab", strict=True)), chosen


def cost(answer) -> float:
    return answer.cost_per_hour if answer.status == "optimal" else inf


@pytest.mark.parametrize("seed", some(range(16), first=5))
def test_cost_within_a_limit_on_co2_is_that_of_enumeration(seed):
    _, case, rates, _, kg, fleet = two_sites(seed)
    every = list(days(case, rates, kg))
    cleanest, cheapest = min(day[1] for day in every), min(every)[1]
    for most in (cleanest * 0.9, (cleanest + cheapest) / 2 + 1e-4):
        answer = answer_of(changed(fleet, limits={"carbon_kg_per_hour": most}))
        assert cost(answer) == pytest.approx(least(day[0] for day in every if day[1] <= most))
        if answer.status == "optimal":
            assert answer.carbon_kg_per_hour <= most + 1e-9
        elif cleanest > 0:
            (reason,) = [r for r in answer.reasons if r.limit == "carbon_kg_per_hour"]
            assert reason.short_by == pytest.approx(cleanest - most, abs=1.1e-3)


@pytest.mark.parametrize("seed", some(range(16), first=5))
def test_cost_with_a_price_of_co2_is_that_of_enumeration(seed):
    rng, case, rates, _, kg, fleet = two_sites(seed)
    usd_per_tonne = rng.choice([50, 500, 5000])
    best = min(usd + emitted * usd_per_tonne / 1000 for usd, emitted, _ in days(case, rates, kg))
    plan = answer_of(changed(fleet, carbon={"usd_per_tonne": usd_per_tonne}))
    assert plan.cost_per_hour == pytest.approx(best)
    assert plan.costs["carbon"] == pytest.approx(plan.carbon_kg_per_hour * usd_per_tonne / 1000)
    assert plan.carbon_kg_per_hour == pytest.approx(sum(site.carbon_kg_per_hour for site in plan.sites))


@pytest.mark.parametrize("seed", some(range(16), first=5))
def test_cost_within_the_power_of_a_site_is_that_of_enumeration(seed):
    rng, case, rates, draw, kg, fleet = two_sites(seed)
    every = list(days(case, rates, kg))
    most = {gpu: rng.randint(1, 6) * draw[gpu] + 0.01 for gpu in "ab"}
    for gpu in "ab":
        fleet["sites"][f"site-{gpu}"]["power_kw"] = most[gpu]
    fits = [d for d in every if all(n[i] * draw[g] <= most[g] for n in d[2] for i, g in enumerate("ab"))]
    answer = answer_of(fleet)
    assert cost(answer) == pytest.approx(least(day[0] for day in fits))
    if not fits:
        for i, gpu in enumerate("ab"):
            other = "ba"[i]
            kept = [d[2] for d in every if all(n[1 - i] * draw[other] <= most[other] for n in d[2])]
            enough = [max(n[i] for n in chosen) for chosen in kept]
            (reason,) = [r for r in answer.reasons if r.limit == f"sites.site-{gpu}.power_kw"]
            assert reason.short_by == pytest.approx(min(enough) * draw[gpu] - most[gpu], abs=1.1e-3)


def test_cases_are_of_every_kind():
    within = []
    for seed in range(16):
        rng, case, rates, draw, kg, _ = two_sites(seed)
        every = list(days(case, rates, kg))
        most = {gpu: rng.randint(1, 6) * draw[gpu] + 0.01 for gpu in "ab"}
        fits = [d[0] for d in every if all(n[i] * draw[g] <= most[g] for n in d[2] for i, g in enumerate("ab"))]
        within.append("none" if not fits else "same" if min(fits) == min(every)[0] else "dearer")
    assert all(within.count(kind) >= 2 for kind in ("none", "same", "dearer")), within


def test_risk_and_scenarios_count_co2_as_money():
    """A price on CO2 and the same added to the price of nodes are the same plan and the same dollars."""
    _, _, _, _, kg, fleet = two_sites(3)
    scenarios = {"base": {"probability": 0.7}, "more": {"probability": 0.3, "demand": 1.6}}
    fleet = changed(fleet, scenarios=scenarios, risk={"weight": 0.4, "cvar": 0.8})
    dearer = changed(fleet)
    for gpu, sku in dearer["skus"].items():
        sku["usd_per_hour"] += kg[gpu] * 0.9
    priced, plain = answer_of(changed(fleet, carbon={"usd_per_tonne": 900})), answer_of(dearer)
    assert priced.cost_per_hour == pytest.approx(plain.cost_per_hour)
    assert priced.minimised_per_hour == pytest.approx(plain.minimised_per_hour)
    assert priced.costs["carbon"] > 0


def test_a_higher_price_never_emits_more():
    *_, fleet = two_sites(5)
    plans = [answer_of(changed(fleet, carbon={"usd_per_tonne": usd})) for usd in (0, 100, 10**4, 10**6)]
    emitted = [plan.carbon_kg_per_hour for plan in plans]
    assert emitted == sorted(emitted, reverse=True)
    assert emitted[-1] < emitted[0]


def test_reserved_nodes_emit_whether_they_are_used_or_not():
    """Two nodes around the clock, though the night needs none of them: 2 kW x PUE 1.5 x 400 g, twice."""
    fleet = two_sites(0)[-1]
    del fleet["skus"]["b"]
    node = {"power_kw": 2, "usd_per_hour": None, "terms": {"year": {"kind": "reserved", "usd_per_hour": 1}}}
    fleet = changed(fleet, "skus", "a", **node)
    fleet["sites"] = {"site-a": {"gco2_per_kwh": 400, "pue": 1.5}}
    fleet = changed(fleet, "workloads", "m", requests_per_second={"night": 0, "day": 0.1})
    plan = answer_of(fleet)
    assert [rental.nodes for rental in plan.skus] == [2]
    assert plan.carbon_kg_per_hour == pytest.approx(2 * 2 * 1.5 * 0.4)
