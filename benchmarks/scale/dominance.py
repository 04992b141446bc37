"""Whether a SKU is never worse than another: then the other is no choice, and a fleet of such SKUs is no test."""

from __future__ import annotations

from itertools import permutations

from pdopt.capacity.table import LaneTable

Key = tuple[str, str, str]  # workload, role, where it is handed over
Carried = dict[str, dict[Key, float]]  # SKU → requests per second of one of its nodes


def dominated(table: LaneTable) -> list[tuple[str, str]]:
    """Give pairs of SKUs of which a node of the first costs no more, and carries no less of anything.

    Then every node of the second may be replaced by one of the first.
    """
    price = {node.sku: node.usd_per_h for node in table.nodes}
    carried = _carried(table)
    return [
        (one, other)
        for one, other in permutations(sorted(carried), 2)
        if price[one] <= price[other]
        and all(carried[one].get(key, 0.0) >= rate for key, rate in carried[other].items())
    ]


def best_somewhere(table: LaneTable) -> dict[str, int]:
    """Give for each SKU how many workloads and roles it carries for the least money, if its nodes are full."""
    price = {node.sku: node.usd_per_h for node in table.nodes}
    carried = _carried(table)
    found = dict.fromkeys(carried, 0)
    for key in {key for mine in carried.values() for key in mine}:
        found[max(carried, key=lambda sku, key=key: carried[sku].get(key, 0.0) / price[sku])] += 1
    return found


def _carried(table: LaneTable) -> Carried:
    gpus = {node.sku: node.gpus for node in table.nodes}
    carried: Carried = {node.sku: {} for node in table.nodes}
    for lane in table.lanes:
        for route, load in lane.loads.items():
            key = (route.workload, lane.role, table.handover_of(route.handover))
            rate = gpus[lane.sku] // lane.shape.gpus / lane.work_of_each(load)
            carried[lane.sku][key] = max(rate, carried[lane.sku].get(key, 0.0))
    return carried
