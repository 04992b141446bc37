"""How many instances a required rate takes at least: numbers for bounds that sharpen the program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import ceil

from pdopt.capacity.table import Lane, LaneTable, NodeType

MOST_TOGETHER = 4  # workloads of an LLM considered in every combination; beyond, alone and all together


@dataclass(frozen=True)
class Cover:
    """``sum share[lane] * instances >= 1``: the part of a group of workloads that one instance carries at most."""

    llm: str
    role: str
    workloads: tuple[str, ...]
    shares: dict[str, float]


def most_instances(table: LaneTable, lane: Lane) -> int:
    """Instances that would carry all required rates of the lane's workloads at once, and the spares: enough."""
    work = [0.0] * len(lane.limits)
    for name in dict.fromkeys(route.workload for route in lane.loads):
        for i in range(len(work)):
            work[i] += table.required_rps[name] * max(lane.loads[r][i] for r in lane.loads if r.workload == name)
    return ceil(max(work) * (1 + 1e-6)) + table.spare_instances


def most_nodes(table: LaneTable, node: NodeType) -> int:
    """Nodes that would hold the most instances of every lane on a SKU: nobody needs more, unless told to rent them."""
    gpus = sum(most_instances(table, lane) * lane.shape.gpus for lane in table.lanes if lane.sku == node.sku)
    return max(ceil(gpus / node.gpus), node.at_least)


def covers(table: LaneTable) -> Iterator[Cover]:
    """Give valid covers: for each LLM and side, its workloads alone and together.

    With weights p, an instance whose lane has loads a carries at most ``max_c p_c / a_c`` of ``sum_c p_c x_c``, so the
    instances must add up to what the required rates weigh. Each workload weighs what its work costs at least.
    """
    for llm in dict.fromkeys(lane.llm for lane in table.lanes):
        for role in ("prefill", "decode"):
            lanes = [lane for lane in table.lanes if lane.llm == llm and lane.role in (role, "mixed")]
            weights = _weights(table, lanes)
            for group in _groups([name for name in weights if table.required_rps[name] > 0]):
                total = sum(weights[name] * table.required_rps[name] for name in group)
                shares = {lane.name: _most_carried(lane, group, weights) / total for lane in lanes}
                yield Cover(llm, role, group, {name: share for name, share in shares.items() if share > 0})


def _groups(names: list[str]) -> Iterator[tuple[str, ...]]:
    if len(names) <= MOST_TOGETHER:
        for size in range(1, len(names) + 1):
            yield from combinations(names, size)
    else:
        yield from ((name,) for name in names)
        yield tuple(names)


def _weights(table: LaneTable, lanes: list[Lane]) -> dict[str, float]:
    """Least dollars per hour (GPUs, where nothing costs anything) of one request per second of each workload."""
    price = {node.sku: node.usd_per_h / node.gpus for node in table.nodes}
    free = all(price[lane.sku] == 0 for lane in lanes)
    weights: dict[str, float] = {}
    for lane in lanes:
        for route, load in lane.loads.items():
            cost = max(load) * lane.shape.gpus * (1.0 if free else max(price[lane.sku], 1e-6))
            weights[route.workload] = min(cost, weights.get(route.workload, cost))
    return weights


def _most_carried(lane: Lane, group: tuple[str, ...], weights: dict[str, float]) -> float:
    """Largest weighted rate that one instance of a lane carries within each of its limits."""
    return min(
        max((weights[r.workload] / load[i] for r, load in lane.loads.items() if r.workload in group), default=0.0)
        for i in range(len(lane.limits))
    )
