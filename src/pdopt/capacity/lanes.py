"""Lanes: shapes run at one wait or TPOT, so that what workloads ask of a shared pool is linear in their rates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import combinations, count
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
from pdopt.capacity.prune import Exchange, prune
from pdopt.capacity.refusal import Refusal
from pdopt.capacity.slots import Now, slots
from pdopt.capacity.spares import spares
from pdopt.capacity.splits import splits_of
from pdopt.capacity.table import NO_CHANGEOVER, GpuQuota, Lane, LaneTable, Worth
from pdopt.capacity.units import node_type
from pdopt.fleet.collector import collector_paused
from pdopt.fleet.fleet import Fleet, Llm, Quota

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


@collector_paused()
def lane_table(fleet: Fleet, now: Now | None = None) -> LaneTable:
    """Work out what every instance shape carries under every useful set of targets, margins included.

    Parameters
    ----------
    fleet : Fleet
    now : dict, optional
        Instances that run now, by scenario and period; then shapes are told apart.
    """
    table = every_lane(fleet, now)
    by_llm = {llm: [lane for lane in table.lanes if lane.llm == llm] for llm in fleet.llms}
    kept = (lane for llm, lanes in by_llm.items() for lane in prune(lanes, _exchange(table, llm)))
    return replace(table, lanes=tuple(kept))


def _exchange(table: LaneTable, llm: str) -> Exchange:
    """Say what may replace an instance of an LLM: where starts count, not several, or none of another shape."""
    if table.now is not None:
        return "same shape"
    return "one" if table.instance_start_usd.get(llm) and len(table.slots) > 1 else "several"


def every_lane(fleet: Fleet, now: Now | None = None) -> LaneTable:
    """Give the table with all lanes, those that others dominate too."""
    stressed = with_margins(fleet)
    found = Found()
    when = slots(stressed, now)
    return LaneTable(
        lanes=tuple(lane for llm in stressed.llms.values() for lane in _lanes_of(stressed, llm, found)),
        nodes=tuple(node_type(sku, when, fleet.carbon_kg_per_h(sku.name)) for sku in fleet.skus.values()),
        slots=when,
        refusals=tuple(found.refusals),
        serve=fleet.redundancy.serve,
        lost_sites=lost_sites(fleet, fleet.redundancy.sites),
        uncertainty=fleet.uncertainty,
        max_skus=fleet.limits.max_skus,
        power_kw=fleet.limits.power_kw,
        min_pool_instances=fleet.limits.min_pool_instances or 1,
        budget_usd_per_h=None if fleet.budget_usd_per_h is None else fleet.budget_usd_per_h - fleet.sunk_usd_per_h,
        worth=_worth(fleet),
        instance_start_usd={llm.name: llm.start_usd for llm in fleet.llms.values() if llm.start_usd},
        risk=fleet.risk,
        site_power_kw={site.name: site.power_kw for site in fleet.sites.values() if site.power_kw is not None},
        carbon_kg_per_h=fleet.limits.carbon_kg_per_hour,
        carbon_usd_per_kg=fleet.carbon_usd_per_kg,
        preferred=fleet.limits.prefer,
        now=None if now is None else {slot.name: now[slot.whens[0]] for slot in when},
        changeover=fleet.changeover or NO_CHANGEOVER,
        quotas=tuple(_quota(fleet, quota) for quota in fleet.quotas),
        encoded=found.encoded,
    )


def _quota(fleet: Fleet, quota: Quota) -> GpuQuota:
    per_gpu = {name: quota.weight(fleet.skus[name]) for name in quota.skus}
    return GpuQuota(quota.name, quota.llms, per_gpu, quota.most)


def lost_sites(fleet: Fleet, gone: int) -> tuple[tuple[str, ...], ...]:
    """Give every choice of so many sites that may be gone at once; empty where none may."""
    sites = dict.fromkeys(sku.site for sku in fleet.skus.values() if sku.site is not None)
    return tuple(combinations(sites, gone)) if gone else ()


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
            for offer in offers:
                if offer.loads:
                    name = f"{llm.name} {role} {sku} {shape} #{next(found.numbers)}"
                    gone = spares(fleet.redundancy, fleet.skus[sku], shape)
                    yield Lane(name, llm.name, role, sku, shape, *offer[:2], gone, fleet.skus[sku].site, offer.sizes)
