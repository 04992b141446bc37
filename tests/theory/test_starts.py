"""Start costs and minimum up-times against enumeration of whole days."""

from __future__ import annotations

import random
from itertools import product

import pytest

from tests.samples import changed, cost_of, some
from tests.theory.small import case_of, fleet_of, least, need

PERIODS = {"night": 6, "morning": 2, "day": 10, "evening": 6}


def day_of(seed: int, **sku):
    rng = random.Random(seed)
    case = case_of(rng, "a")
    rates = {name: round(rng.uniform(0.5, 12), 2) for name in PERIODS}
    fleet = changed(fleet_of(case, rates), periods=PERIODS)
    fleet["skus"]["a"] |= sku
    return case, [need(case, rate) for rate in rates.values()], fleet


def days(case: dict, needed: list[int], start_usd: float, min_up_h: float = 0.0):
    """Dollars per hour of every possible day: node counts per period, at least what is needed."""
    hours = list(PERIODS.values())
    for counts in product(*(range(n, max(needed) + 1) for n in needed)):
        starts = [max(counts[i] - counts[i - 1], 0) for i in range(4)]
        if all(_stays(counts, starts, hours, i, min_up_h) for i in range(4)):
            rent = sum(h * n for h, n in zip(hours, counts, strict=True)) * case["prices"]["a"]
            yield (rent + start_usd * sum(starts)) / 24


def _stays(counts, starts, hours, i, min_up_h) -> bool:
    """Whether the nodes of period i hold all that were started less than the minimum before it."""
    held, elapsed = starts[i], 0.0
    for back in range(1, 4):
        elapsed += hours[i - back]
        if elapsed >= min_up_h:
            break
        held += starts[i - back]
    return held <= counts[i]


@pytest.mark.parametrize("seed", some(range(20), first=6))
def test_cost_with_starts_is_that_of_enumeration(seed):
    case, needed, fleet = day_of(seed, start_usd=25, stop_usd=15)
    assert cost_of(fleet) == pytest.approx(least(days(case, needed, 40)))


@pytest.mark.parametrize("seed", some(range(12), first=5))
def test_cost_with_minimum_up_time_is_that_of_enumeration(seed):
    case, needed, fleet = day_of(seed, min_up_hours=9)
    assert cost_of(fleet) == pytest.approx(least(days(case, needed, 0.0, 9)))


@pytest.mark.parametrize("seed", some(range(12), first=5))
def test_instances_that_cost_a_start_keep_running_idle(seed):
    case, _, fleet = day_of(seed)
    fleet["models"]["m"]["start_usd"] = 30
    rates = [fleet["workloads"]["m"]["requests_per_second"][name] for name in PERIODS]
    best = 0.0
    for role in ("prefill", "decode"):  # the roles have nothing in common but the price
        one_role = {"prices": case["prices"]}
        needed = [-int(-rate // case[role]["a"]) for rate in rates]
        best += least(days(one_role, needed, 30.0))
    assert cost_of(fleet) == pytest.approx(best)


def test_free_starts_change_nothing_and_dear_ones_never_save():
    _, _, fleet = day_of(3)
    costs = [cost_of(changed(fleet, "skus", "a", start_usd=usd)) for usd in (0, 10, 100, 1000)]
    assert costs[0] == pytest.approx(cost_of(fleet))
    assert costs == sorted(costs)
