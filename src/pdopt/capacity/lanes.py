"""Lanes: shapes run at one wait or TPOT, so that what workloads ask of a shared pool is linear in their rates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

from pdopt.capacity.decode_lanes import decode_lanes
from pdopt.capacity.handover import handovers
from pdopt.capacity.margins import with_margins
from pdopt.capacity.mixed_lanes import mixed_lanes
from pdopt.capacity.permitted import permitted_ends
from pdopt.capacity.place import Offer, Place
from pdopt.capacity.prefill_lanes import prefill_lanes
from pdopt.capacity.prune import prune
from pdopt.capacity.refusal import Refusal
from pdopt.capacity.table import Lane, LaneTable, NodeType
from pdopt.fleet.fleet import Fleet, Llm, Sku

ROLES: dict[str, Callable[[Place, Any], Iterator[Offer]]] = {
    "prefill": prefill_lanes,
    "decode": decode_lanes,
    "mixed": mixed_lanes,
}


def lane_table(fleet: Fleet) -> LaneTable:
    """Work out what every instance shape carries under every useful set of targets, margins included."""
    table = every_lane(fleet)
    by_llm = ([lane for lane in table.lanes if lane.llm == llm] for llm in fleet.llms)
    return replace(table, lanes=tuple(lane for lanes in by_llm for lane in prune(lanes)))


def every_lane(fleet: Fleet) -> LaneTable:
    """Give the table with all lanes, those that others dominate too."""
    stressed = with_margins(fleet)
    refusals: list[Refusal] = []
    numbers = count(1)
    return LaneTable(
        lanes=tuple(lane for llm in stressed.llms.values() for lane in _lanes_of(stressed, llm, refusals, numbers)),
        nodes=tuple(_node_type(sku) for sku in fleet.skus.values()),
        required_rps={w.name: w.min_served * w.demand_rps for w in stressed.workloads.values()},
        refusals=tuple(refusals),
        spare_instances=fleet.redundancy.instances,
        max_skus=fleet.limits.max_skus,
        power_kw=fleet.limits.power_kw,
    )


def _lanes_of(fleet: Fleet, llm: Llm, refusals: list[Refusal], numbers: Iterator[int]) -> Iterator[Lane]:
    ways = handovers(fleet, llm)
    for role, build in ROLES.items():
        profiles = {profile.shape: profile for profile in getattr(llm, role)}
        for sku, shape in permitted_ends(fleet, llm, role):
            offers = build(Place(fleet, llm, sku, ways, refusals), profiles[shape])
            for limits, loads in offers:
                if loads:
                    name = f"{llm.name} {role} {sku} {shape} #{next(numbers)}"
                    yield Lane(name, llm.name, role, sku, shape, limits, loads)


def _node_type(sku: Sku) -> NodeType:
    if sku.billing == "node":
        return NodeType(sku.name, sku.gpus, sku.usd_per_h, sku.available, sku.power_kw)
    available = None if sku.available is None else sku.available * sku.gpus
    power_kw = None if sku.power_kw is None else sku.power_kw / sku.gpus
    return NodeType(sku.name, 1, sku.usd_per_h / sku.gpus, available, power_kw)
