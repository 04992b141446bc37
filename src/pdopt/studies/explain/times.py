"""What part of the (expected) time each period of each scenario is."""

from __future__ import annotations

from pdopt.fleet.fleet import Fleet
from pdopt.plan.plan import Plan

When = tuple[str, str]


def times(fleet: Fleet) -> dict[When, float]:
    """Give (scenario, period) → part of the time; they add up to 1."""
    hours = sum(period.hours for period in fleet.periods)
    return {(s.name, p.name): s.probability * p.hours / hours for s in fleet.scenarios for p in fleet.periods}


def part_of(fleet: Fleet, scenario: str | None, period: str | None) -> float:
    """Give the part of the time that something in a plan is about; what it does not name, the fleet has one of."""
    return times(fleet)[scenario or fleet.scenarios[0].name, period or fleet.periods[0].name]


def average_nodes(fleet: Fleet, plan: Plan, name: str) -> float:
    """Give the nodes of a SKU that are paid on average, parts of nodes where GPUs are billed."""
    sku = fleet.skus[name]
    gpus = 0.0
    for rental in (rental for rental in plan.skus if rental.sku == name):
        if rental.terms is None:
            gpus += rental.gpus_rented
            continue
        held = (holding for term in rental.terms for holding in term.periods)
        gpus += sum(one.gpus * part_of(fleet, one.scenario, one.period) for one in held)
    return gpus / sku.gpus
