"""Lanes: shapes run at one wait or TPOT, so that what workloads ask of a shared pool is linear in their rates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import Any

from pdopt.capacity.decode_lanes import decode_lanes
from pdopt.capacity.encode import has_encoding
from pdopt.capacity.encode_lanes import encode_lanes
from pdopt.capacity.handover import handovers, intakes
from pdopt.capacity.margins import with_margins
from pdopt.capacity.mixed_lanes import mixed_lanes
from pdopt.capacity.permitted import permitted_ends
from pdopt.capacity.place import Offer, Place
from pdopt.capacity.prefill_lanes import prefill_lanes
from pdopt.capacity.prune import prune
from pdopt.capacity.refusal import Refusal
from pdopt.capacity.slots import slots
from pdopt.capacity.splits import splits_of
from pdopt.capacity.table import Lane, LaneTable, Worth
from pdopt.capacity.units import node_type
from pdopt.fleet.fleet import Fleet, Llm

ROLES: dict[str, Callable[[Place, Any], Iterator[Offer]]] = {
    "encode": encode_lanes,
    "prefill": prefill_lanes,
    "decode": decode_lanes,
    "mixed": mixed_lanes,
}


@dataclass
class Found:
    """What building lanes yields beside them."""

    refusals: list[Refusal] = field(default_factory=list)
    encoded: dict[str, tuple[str, str]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=partial(count, 1))


def lane_table(fleet: Fleet) -> LaneTable:
    """Work out what every instance shape carries under every useful set of targets, margins included."""
    table = every_lane(fleet)
    by_llm = ([lane for lane in table.lanes if lane.llm == llm] for llm in fleet.llms)
    return replace(table, lanes=tuple(lane for lanes in by_llm for lane in prune(lanes)))


def every_lane(fleet: Fleet) -> LaneTable:
    """Give the table with all lanes, those that others dominate too."""
    stressed = with_margins(fleet)
    found = Found()
    when = slots(stressed)
    return LaneTable(
        lanes=tuple(lane for llm in stressed.llms.values() for lane in _lanes_of(stressed, llm, found)),
        nodes=tuple(node_type(sku, when) for sku in fleet.skus.values()),
        slots=when,
        refusals=tuple(found.refusals),
        spare_instances=fleet.redundancy.instances,
        max_skus=fleet.limits.max_skus,
        power_kw=fleet.limits.power_kw,
        budget_usd_per_h=None if fleet.budget_usd_per_h is None else fleet.budget_usd_per_h - fleet.sunk_usd_per_h,
        worth=_worth(fleet),
        instance_start_usd={llm.name: llm.start_usd for llm in fleet.llms.values() if llm.start_usd},
        risk=fleet.risk,
        encoded=found.encoded,
    )


def _worth(fleet: Fleet) -> dict[str, Worth]:
    if fleet.budget_usd_per_h is None:
        return {}
    return {name: Worth(workload.value, workload.priority) for name, workload in fleet.workloads.items()}


def _lanes_of(fleet: Fleet, llm: Llm, found: Found) -> Iterator[Lane]:
    ways = handovers(fleet, llm)
    splits = splits_of(fleet, llm, (intakes(fleet, llm), ways), found.refusals) if has_encoding(fleet, llm) else {}
    for role, build in ROLES.items():
        profiles = {profile.shape: profile for profile in getattr(llm, role)}
        for sku, shape in permitted_ends(fleet, llm, role):
            offers = build(Place(fleet, llm, sku, ways, found.refusals, splits, found.encoded), profiles[shape])
            for limits, loads in offers:
                if loads:
                    name = f"{llm.name} {role} {sku} {shape} #{next(found.numbers)}"
                    yield Lane(name, llm.name, role, sku, shape, limits, loads)
