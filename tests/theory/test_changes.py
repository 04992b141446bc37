"""What changing from the running plan costs, against enumeration with shapes of 1, 2 and 4 GPUs; and its laws."""

from __future__ import annotations

import random
from itertools import product
from math import inf

import pytest

import pdopt
from tests.samples import answer_of, changed, fleet_of, some, town
from tests.theory.test_shapes import COUNTS, GPUS, HOURS, carried, gpus_of, sized

PLAIN = answer_of(sized(0)[-1])


def running(counts: tuple, **more):
    """A plan with so many instances of 1, 2 and 4 GPUs."""
    pool = PLAIN.pools[0]
    pools = [
        pool.model_copy(update={"gpus_per_instance": gpus, "instances": n, **more})
        for gpus, n in zip(GPUS, counts, strict=True)
        if n
    ]
    return PLAIN.model_copy(update={"pools": tuple(pools)})


def changing(seed: int):
    rng, carries, price, fleet = sized(seed)
    now = (rng.randint(0, 4), rng.randint(0, 2), rng.randint(0, 1))
    costs = {"usd_per_start": rng.choice([0, 30, 90]), "usd_per_stop": rng.choice([0, 20, 300]), "over_hours": 24}
    return rng, carries, price, now, {**fleet, "change": costs}


def starts(now: tuple, new: tuple) -> int:
    return sum(max(n - c, 0) for n, c in zip(new, now, strict=True))


def solved(fleet: dict, now):
    return pdopt.solve(fleet_of(fleet), current=now)


@pytest.mark.parametrize("seed", some(range(30), first=10))
def test_cost_is_that_of_enumeration(seed):
    rng, carries, price, now, fleet = changing(seed)
    rate, change = fleet["workloads"]["w"]["requests_per_second"], fleet["change"]
    most = rng.choice([None, 0, 1, 2])
    if most is not None:
        change["max_starts"] = most

    def dollars(new):
        up, down = starts(now, new), starts(new, now)
        return price * gpus_of(new) + (change["usd_per_start"] * up + change["usd_per_stop"] * down) / 24

    kept = [n for n in COUNTS if carried(carries, n) >= rate and (most is None or starts(now, n) <= most)]
    best = min(map(dollars, kept), default=inf)
    answer = solved(fleet, running(now))
    assert (answer.cost_per_hour if answer.pools else inf) == pytest.approx(best)
    if answer.pools:
        up, down = sum(c.starts for c in answer.changes), sum(c.stops for c in answer.changes)
        spread = (change["usd_per_start"] * up + change["usd_per_stop"] * down) / 24
        assert answer.costs.get("change", 0.0) == pytest.approx(spread)
        fewest = min(starts(now, n) for n in kept if dollars(n) <= best + 1e-9)
        assert up == fewest
    else:
        (reason,) = [r for r in answer.reasons if r.limit == "change.max_starts"]
        needed = min(starts(now, n) for n in COUNTS if carried(carries, n) >= rate)
        assert reason.short_by == needed - most


def test_the_cases_are_of_every_kind():
    """Changes decide in some, and idle instances go on in some."""
    idle = dearer = 0
    for seed in range(15):
        _, _, price, now, fleet = changing(seed)
        answer = solved(fleet, running(now))
        gpus = sum(pool.instances * pool.gpus_per_instance for pool in answer.pools)
        free = answer_of(changed(fleet, change=None))
        dearer += gpus * price > free.cost_per_hour + 1e-9
        idle += sum(p.utilisation * p.instances for p in answer.pools) < sum(p.instances for p in answer.pools) - 1
    assert dearer > 2
    assert idle > 1


@pytest.mark.parametrize("seed", some(range(12), first=5))
def test_cost_over_periods_is_that_of_enumeration(seed):
    """Each period against what runs now: starts of a shape are the most that any has more, stops that any has fewer."""
    rng, carries, price, now, fleet = changing(seed)
    rates = {"night": round(rng.uniform(0, 3), 2), "day": round(rng.uniform(2, 6), 2)}
    fleet = changed(fleet, periods=HOURS)
    fleet["workloads"]["w"]["requests_per_second"] = rates
    change, best = fleet["change"], inf
    enough = {name: [n for n in COUNTS if carried(carries, n) >= rate] for name, rate in rates.items()}
    for night, day in product(enough["night"], enough["day"]):
        rent = price * (HOURS["night"] * gpus_of(night) + HOURS["day"] * gpus_of(day))
        if rent / 24 < best:
            up = sum(max(a - c, b - c, 0) for a, b, c in zip(night, day, now, strict=True))
            down = sum(max(c - a, c - b, 0) for a, b, c in zip(night, day, now, strict=True))
            best = min(best, (rent + change["usd_per_start"] * up + change["usd_per_stop"] * down) / 24)
    assert solved(fleet, running(now)).cost_per_hour == pytest.approx(best)


@pytest.mark.parametrize("seed", some(range(10), first=5))
def test_without_costs_the_cheapest_plan_with_the_fewest_starts(seed):
    _, carries, price, now, fleet = changing(seed)
    fleet = changed(fleet, change=None)
    rate, free = fleet["workloads"]["w"]["requests_per_second"], answer_of(fleet)
    plan = solved(fleet, running(now))
    assert plan.cost_per_hour == pytest.approx(free.cost_per_hour)
    as_cheap = [n for n in COUNTS if carried(carries, n) >= rate and gpus_of(n) * price <= free.cost_per_hour + 1e-9]
    assert sum(change.starts for change in plan.changes) == min(starts(now, n) for n in as_cheap)
    assert free.changes is None


def test_a_plan_that_runs_already_changes_nothing():
    fleet = changed(town(), periods={"night": 10, "day": 14}, change={"usd_per_start": 50, "usd_per_stop": 50})
    fleet["workloads"]["chat"]["requests_per_second"] = {"night": 2, "day": 9}
    first = answer_of(fleet)
    again = solved(fleet, first)
    assert again.changes == ()
    assert again.cost_per_hour == pytest.approx(first.cost_per_hour)
    assert "change" not in again.costs


def test_dearer_changes_change_less_and_never_save():
    fleet = sized(4)[-1]
    costs = [{"usd_per_start": usd, "over_hours": 10} for usd in (0, 20, 500)]
    plans = [solved({**fleet, "change": change}, running((2, 0, 0))) for change in costs]
    assert [plan.cost_per_hour for plan in plans] == sorted(plan.cost_per_hour for plan in plans)
    counts = [sum(change.starts for change in plan.changes) for plan in plans]
    assert counts == sorted(counts, reverse=True)


def test_what_the_fleet_cannot_run_any_more_is_stopped_and_paid_for():
    fleet = {**sized(4)[-1], "change": {"usd_per_stop": 48, "over_hours": 24}}
    free = solved(fleet, running((0, 0, 0)))
    plan = solved(fleet, running((3, 0, 0), sku="gone"))
    (stop,) = [change for change in plan.changes if change.stops]
    assert (stop.sku, stop.before, stop.to, stop.stops) == ("gone", 3, 0, 3)
    assert plan.cost_per_hour == pytest.approx(free.cost_per_hour + 3 * 48 / 24)
    assert plan.bound_per_hour == pytest.approx(plan.cost_per_hour)


def test_risk_and_budget_count_changes_as_money():
    _, _, price, now, fleet = changing(2)
    scenarios = {"base": {"probability": 0.7}, "more": {"probability": 0.3, "demand": 1.5}}
    fleet = changed(fleet, scenarios=scenarios, risk={"weight": 0.5, "cvar": 0.8}, change={"usd_per_start": 40})
    plan = solved(fleet, running(now))
    assert plan.minimised_per_hour >= plan.cost_per_hour - 1e-9
    fleet = changed(fleet, risk=None, scenarios=None, budget={"usd_per_hour": 2 * price + 40 / 730 + 1e-6})
    bought = solved(fleet, running((0, 0, 0)))
    assert bought.cost_per_hour <= 2 * price + 40 / 730 + 1e-6
    assert sum(pool.instances for pool in bought.pools) == 1


def test_it_has_no_effect_without_a_running_plan_and_that_is_said():
    fleet = {**sized(4)[-1], "change": {"usd_per_start": 1000, "max_starts": 0}}
    plan = answer_of(fleet)
    assert plan.cost_per_hour == pytest.approx(answer_of(changed(fleet, change=None)).cost_per_hour)
    assert any("change has no effect without" in note for note in plan.notes)


def test_periods_of_other_names_are_compared_with_the_largest_counts():
    rng = random.Random(7)
    low, high = running((1, 0, 0), period="low"), running((rng.randint(2, 4), 0, 0), period="high")
    both = PLAIN.model_copy(update={"pools": (*low.pools, *high.pools)})
    fleet = {**sized(4)[-1], "change": {"max_starts": 0}}
    fleet["workloads"]["w"]["requests_per_second"] = 1.9
    assert solved(fleet, both).status == "optimal"
    alike = changed(fleet, periods={"low": 12, "never": 12})
    assert solved(alike, both).status == "infeasible"
