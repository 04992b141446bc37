"""Whether a SKU is never worse than another: then the other is no choice, and a fleet of such SKUs is no test."""

from __future__ import annotations

from itertools import permutations

from pdopt.capacity.table import LaneTable

Key = tuple[str, str, str]  # workload, role, where it is handed over


def dominated(table: LaneTable) -> list[tuple[str, str]]:
    """Give pairs of SKUs of which the first carries everything that the second does, for no more money."""
    costs = _usd_per_request(table)
    return [
        (one, other)
        for one, other in permutations(sorted(costs), 2)
        if all(key in costs[one] and costs[one][key] <= cost for key, cost in costs[other].items())
    ]


def best_somewhere(table: LaneTable) -> dict[str, int]:
    """Give for each SKU how many workloads and roles it carries for the least money."""
    costs = _usd_per_request(table)
    found = dict.fromkeys(costs, 0)
    for key in {key for mine in costs.values() for key in mine}:
        found[min(costs, key=lambda sku, key=key: costs[sku].get(key, float("inf")))] += 1
    return found


def _usd_per_request(table: LaneTable) -> dict[str, dict[Key, float]]:
    price = {node.sku: node.usd_per_h / node.gpus for node in table.nodes}
    costs: dict[str, dict[Key, float]] = {node.sku: {} for node in table.nodes}
    for lane in table.lanes:
        for route, load in lane.loads.items():
            key = (route.workload, lane.role, table.handover_of(route.handover))
            usd = lane.work_of_each(load) * lane.shape.gpus * price[lane.sku]
            costs[lane.sku][key] = min(usd, costs[lane.sku].get(key, usd))
    return costs
