"""How many instances a required rate takes at least: numbers for bounds that sharpen the program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import ceil, lcm

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

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
    """Instances that would carry all wanted rates of the lane's workloads, deviations and spares too: enough.

    At least as many as a pool must have, and as run now where stopping costs something.
    """
    fractions, work = table.uncertainty.among(lane.workloads), []
    for i in range(len(lane.limits)):
        each = {
            name: slot.wanted_rps[name] * max(lane.loads[r][i] for r in lane.loads if r.workload == name)
            for name in lane.workloads
        }
        more = sorted((fraction * each[name] for name, fraction in fractions.items()), reverse=True)
        work.append(sum(each.values()) + sum(more[: table.uncertainty.workloads]))
    kept = _kept(table, lane.sku)
    carrying = (
        ceil(lane.least_instances([most * (1 + 1e-6) for most in work]) / kept)
        if lane.sizes
        else ceil(max(work) / kept * (1 + 1e-6))
    )
    least = table.min_pool_instances if carrying else 0
    return max(carrying + ceil(lane.spares / kept) + _in_step(table, lane.sku), least, _running(table, lane, slot))


def most_of_each(table: LaneTable, lanes: Sequence[str]) -> npt.NDArray[np.float64]:
    """Give `most_instances` per slot and lane, where no pool has a table of sizes and no workload may deviate.

    Where starting an instance costs something, that of the slot with most everywhere: it may be kept running idle.
    """
    lane_of = {lane.name: lane for lane in table.lanes}
    chosen = [lane_of[name] for name in lanes]
    sku = {node.sku: place for place, node in enumerate(table.nodes)}
    on = np.array([sku[lane.sku] for lane in chosen], dtype=int)
    kept = np.array([_kept(table, node.sku) for node in table.nodes])[on]
    more = np.array([_in_step(table, node.sku) for node in table.nodes])[on]
    carrying = np.ceil(_most_work(table, chosen) / kept * (1 + 1e-6))
    spares = np.ceil(np.array([lane.spares for lane in chosen]) / kept)
    least = np.where(carrying > 0, table.min_pool_instances, 0)
    found: npt.NDArray[np.float64] = np.maximum(carrying + spares + more, least)
    if table.instance_start_usd:
        found[:] = found.max(axis=0)
    return found


def _most_work(table: LaneTable, lanes: Sequence[Lane]) -> npt.NDArray[np.float64]:
    """Give per slot and lane the work of all wanted rates, at the limit where it is most."""
    names = {name: place for place, name in enumerate(table.slots[0].wanted_rps)}
    wanted = np.array([[slot.wanted_rps[name] for name in names] for slot in table.slots])
    starts = np.cumsum([0, *(len(lane.limits) for lane in lanes)])
    most: dict[tuple[int, int], float] = {}
    for start, lane in zip(starts.tolist(), lanes, strict=False):
        for route, load in lane.loads.items():
            for limit, part in enumerate(load):
                place = start + limit, names[route.workload]
                most[place] = max(part, most.get(place, 0.0))
    shape = int(starts[-1]), len(names)
    loads = csr_array((list(most.values()), np.array(list(most), dtype=int).reshape(-1, 2).T), shape=shape)
    work = np.asarray(loads @ wanted.T).T
    return np.asarray(np.maximum.reduceat(work, starts[:-1], axis=1)) if lanes else np.zeros((len(table.slots), 0))


def _enough(lane: Lane, work: list[float]) -> float:
    return lane.least_instances([part * (1 + 1e-6) for part in work]) * (1 - 1e-6) if lane.sizes else max(work)


def _running(table: LaneTable, lane: Lane, slot: Slot) -> int:
    """Instances of the lane's shape that run now and may go on idle, because stopping them costs something."""
    if table.now is None or not table.changeover.usd_per_stop:
        return 0
    return table.now[slot.name].get((lane.llm, lane.role, lane.sku, lane.shape), 0)


def _kept(table: LaneTable, sku: str) -> float:
    """Least part of an instance that is left on average, on spot nodes of any terms, all together at most one."""
    terms = [term for term in table.node_of[sku].terms if term.spot]
    lost = sum(term.interruption * term.max_share for term in terms)
    return max(1 - min(lost, max((term.interruption for term in terms), default=0.0)), 1e-3)


def _in_step(table: LaneTable, sku: str) -> int:
    """Instances beyond enough that several spot terms may make cheaper: a few more may round to fewer off them.

    With one term none are. With several, a pool of L more is never cheaper, where L times each share is whole: L of its
    instances can go, and what is left keeps to the shares.
    """
    shares = [term.max_share for term in table.node_of[sku].terms if term.spot]
    if len(shares) < 2:
        return 0
    return lcm(*(Fraction(share).limit_denominator(100).denominator for share in shares)) - 1


def most_nodes(table: LaneTable, node: NodeType, slot: Slot) -> int:
    """Units that would hold the most instances of every lane on a SKU: nobody needs more, unless told to rent them."""
    gpus = sum(most_instances(table, lane, slot) * lane.shape.gpus for lane in table.lanes if lane.sku == node.sku)
    return max(ceil(gpus / node.gpus), node.at_least)


def covers(table: LaneTable) -> Iterator[Cover]:
    """Give valid covers: for each LLM and side, its workloads alone and together.

    With weights p, an instance whose lane has loads a carries at most ``max_c p_c / a_c`` of ``sum_c p_c x_c``, so the
    instances must add up to what the required rates weigh. Each workload weighs what its work costs at least. Where
    any G of n workloads may deviate by fractions d, the largest G of ``d_c a_c x_c`` are at least G / n of them all:
    loads grow to ``a_c (1 + d_c min(1, G / n))``.
    """
    required = {name for slot in table.slots for name, rate in slot.required_rps.items() if rate > 0}
    of_llm: dict[str, list[Lane]] = {}
    for lane in table.lanes:
        of_llm.setdefault(lane.llm, []).append(lane)
    for llm, every in of_llm.items():
        for role in ("encode", "prefill", "decode"):
            lanes = [lane for lane in every if lane.role in (role, "mixed")]
            weights = _weights(table, lanes)
            passing = [lane for lane in lanes if role in ("prefill", "decode", lane.role)]  # images alone pass encode
            concerned = required & {route.workload for lane in passing for route in lane.loads}
            for group in _groups(_met([name for name in weights if name in concerned], lanes)):
                alone = {name: weights[name] for name in group}
                carried = {lane.name: _most_carried(table, lane, _deviating(table, alone)) for lane in lanes}
                yield Cover(llm, role, alone, {name: most for name, most in carried.items() if most > 0})


def _met(names: list[str], lanes: Sequence[Lane]) -> list[list[str]]:
    """Part workloads that no lane serves both of, not by way of others either: together they say nothing new."""
    parts: list[set[str]] = []
    for lane in lanes:
        joined = [part for part in parts if not part.isdisjoint(lane.workloads)]
        parts = [part for part in parts if part not in joined] + [set(lane.workloads).union(*joined)]
    return [[name for name in names if name in part] for part in parts]


def _groups(parts: Sequence[list[str]]) -> Iterator[tuple[str, ...]]:
    for names in parts:
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
            cost = lane.work_of_each(load) * lane.shape.gpus * (1.0 if free else max(price[lane.sku], 1e-6))
            weights[route.workload] = min(cost, weights.get(route.workload, cost))
    return weights


def _deviating(table: LaneTable, weights: dict[str, float]) -> dict[str, float]:
    """Weights of a group per unit of work, those of workloads that may deviate smaller by what is kept for it."""
    fractions = table.uncertainty.among(weights)
    if not fractions:
        return weights
    part = min(1.0, table.uncertainty.workloads / max(len(fractions), 1))
    return {name: weight / (1 + part * fractions.get(name, 0.0)) for name, weight in weights.items()}


def _most_carried(table: LaneTable, lane: Lane, weights: dict[str, float]) -> float:
    """Largest weighted rate that one instance of a lane carries within each of its limits."""
    return min(
        each
        * max((weights[r.workload] / load[i] for r, load in lane.loads.items() if r.workload in weights), default=0.0)
        for i, each in enumerate(_at_most_each(table, lane))
    )


def _at_most_each(table: LaneTable, lane: Lane) -> list[float]:
    """Most work that one of a lane's instances carries, per limit: in the largest pool, where pools are one queue."""
    if not lane.sizes:
        return [1.0] * len(lane.limits)
    most = max(1, *(most_instances(table, lane, slot) for slot in table.slots))
    return [lane.carried(i, most) / most for i in range(len(lane.limits))]
