"""How many instances a required rate takes at least: numbers for bounds that sharpen the program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import ceil

from pdopt.capacity.slots import Slot
from pdopt.capacity.table import Lane, LaneTable, NodeType

MOST_TOGETHER = 4  # workloads of an LLM considered in every combination; beyond, alone and all together


@dataclass(frozen=True)
class Cover:
    """A group of workloads on one side, with what one instance of each lane carries of them at most.

    The instances of any plan add up to ``sum carried[lane] * instances >= needed(slot)``.
    """

    llm: str
    role: str
    weights: dict[str, float]
    carried: dict[str, float]

    def needed(self, slot: Slot) -> float:
        """Give the weighted required rate of a slot."""
        return sum(weight * slot.required_rps[name] for name, weight in self.weights.items())


def most_instances(table: LaneTable, lane: Lane, slot: Slot) -> int:
    """Instances that would carry all wanted rates of the lane's workloads at once, and the spares: enough."""
    work = [0.0] * len(lane.limits)
    for name in dict.fromkeys(route.workload for route in lane.loads):
        for i in range(len(work)):
            work[i] += slot.wanted_rps[name] * max(lane.loads[r][i] for r in lane.loads if r.workload == name)
    return ceil(max(work) / _kept(table, lane.sku) * (1 + 1e-6)) + table.spare_instances


def _kept(table: LaneTable, sku: str) -> float:
    """Part of an instance that is left on average when as many as may are on spot nodes."""
    terms = [term for node in table.nodes if node.sku == sku for term in node.terms if term.spot]
    return max(1 - max((term.interruption * term.max_share for term in terms), default=0.0), 1e-3)


def most_nodes(table: LaneTable, node: NodeType, slot: Slot) -> int:
    """Units that would hold the most instances of every lane on a SKU: nobody needs more, unless told to rent them."""
    gpus = sum(most_instances(table, lane, slot) * lane.shape.gpus for lane in table.lanes if lane.sku == node.sku)
    return max(ceil(gpus / node.gpus), node.at_least)


def covers(table: LaneTable) -> Iterator[Cover]:
    """Give valid covers: for each LLM and side, its workloads alone and together.

    With weights p, an instance whose lane has loads a carries at most ``max_c p_c / a_c`` of ``sum_c p_c x_c``, so the
    instances must add up to what the required rates weigh. Each workload weighs what its work costs at least.
    """
    required = {name for slot in table.slots for name, rate in slot.required_rps.items() if rate > 0}
    for llm in dict.fromkeys(lane.llm for lane in table.lanes):
        for role in ("encode", "prefill", "decode"):
            lanes = [lane for lane in table.lanes if lane.llm == llm and lane.role in (role, "mixed")]
            weights = _weights(table, lanes)
            passing = [lane for lane in lanes if role in ("prefill", "decode", lane.role)]  # images alone pass encode
            concerned = required & {route.workload for lane in passing for route in lane.loads}
            for group in _groups([name for name in weights if name in concerned]):
                carried = {lane.name: _most_carried(lane, group, weights) for lane in lanes}
                alone = {name: weights[name] for name in group}
                yield Cover(llm, role, alone, {name: most for name, most in carried.items() if most > 0})


def _groups(names: list[str]) -> Iterator[tuple[str, ...]]:
    if len(names) <= MOST_TOGETHER:
        for size in range(1, len(names) + 1):
            yield from combinations(names, size)
    else:
        yield from ((name,) for name in names)
        yield tuple(names)


def _weights(table: LaneTable, lanes: list[Lane]) -> dict[str, float]:
    """Least dollars per hour (GPUs, where nothing costs anything) of one request per second of each workload."""
    price = {node.sku: min(term.usd_per_h for term in node.ways_to_pay) / node.gpus for node in table.nodes}
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
