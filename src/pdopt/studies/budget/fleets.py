"""The fleets that are asked: pure functions Fleet → Fleet with some money, or with something to serve in any case."""

from __future__ import annotations

from dataclasses import replace

from pdopt.fleet.fleet import Fleet

LITTLE = 1e-4  # part of a demand that stands for any of it


def with_money(fleet: Fleet, usd_per_h: float) -> Fleet:
    """Give the fleet with so much money, nothing owed but what is stated."""
    return replace(_serving(fleet, {}), budget_usd_per_h=usd_per_h)


def owes(fleet: Fleet) -> bool:
    """Whether anything must be paid for whatever the budget."""
    nodes = any(sku.at_least for sku in fleet.skus.values())
    return nodes or bool(fleet.sunk_usd_per_h) or any(asked.owed for asked in fleet.workloads.values())


def owing(fleet: Fleet) -> Fleet:
    """Give the fleet that serves what is owed and nothing more, at least cost."""
    return replace(_serving(fleet, {}), budget_usd_per_h=None)


def serving_all(fleet: Fleet) -> Fleet:
    """Give the fleet that serves everything, at least cost."""
    return replace(_serving(fleet, dict.fromkeys(fleet.workloads, 1.0)), budget_usd_per_h=None)


def serving(fleet: Fleet, workload: str, part: float) -> Fleet:
    """Give the fleet that serves at least a part of one workload, at least cost, besides what is owed."""
    asked = _serving(fleet, {workload: max(part, fleet.workloads[workload].owed)})
    kept = {name: one for name, one in asked.workloads.items() if one.min_served}
    return replace(asked, workloads=kept, budget_usd_per_h=None)


def _serving(fleet: Fleet, parts: dict[str, float]) -> Fleet:
    workloads = {n: replace(asked, min_served=parts.get(n, asked.owed)) for n, asked in fleet.workloads.items()}
    return replace(fleet, workloads=workloads)
