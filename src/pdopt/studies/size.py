"""The closed formulas of arXiv 2603.04716 for one workload: counts and P:D ratio, without a program."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from math import ceil
from typing import Any

from pdopt.capacity.lanes import ROLES, every_lane
from pdopt.capacity.prefill import service_s
from pdopt.capacity.table import Lane, LaneTable
from pdopt.fleet.fleet import Fleet, Workload


@dataclass(frozen=True)
class Side:
    """One shape on one SKU in one role: what an instance carries within the targets, and how many it takes.

    Attributes
    ----------
    tokens_per_s : float
        Input tokens (prefill) or output tokens (decode) per second of one instance within its target: TP_pre, TP_dec.
    tokens_per_s_busy : float or None
        Prefill only: the measured throughput of an instance kept busy, TP_pre_max.
    instances : float
        Formula (5) or (6): instances that carry the workload, not rounded.
    """

    role: str
    sku: str
    shape: str
    gpus_per_instance: int
    tokens_per_s: float
    requests_per_s: float
    instances: float
    whole_instances: int
    tokens_per_s_busy: float | None = None


@dataclass(frozen=True)
class Pair:
    """A prefill side and the decode side it feeds: the ratio of formula (7) and the price of the GPUs in use."""

    prefill: Side
    decode: Side
    prefill_per_decode: float
    usd_per_hour: float


@dataclass(frozen=True)
class Sizing:
    """The answer of ``pdopt size``; sides and pairs cheapest first."""

    workload: str
    demand_rps: float
    required_rps: float
    sides: tuple[Side, ...]
    pairs: tuple[Pair, ...]
    refusals: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give plain values for JSON."""
        return asdict(self)


def size(fleet: Fleet, workload: str) -> Sizing:
    """Size one workload on every shape and SKU of a fleet, alone, margins and `min_served` included."""
    asked = fleet.workloads[workload]
    alone = replace(fleet, workloads={workload: asked})
    table = every_lane(alone)
    lanes = [lane for lane in table.lanes if lane.loads]
    required = table.required_rps[workload]
    order = list(ROLES)
    priced = sorted(
        ((_gpu_price(fleet, lane) * _side(fleet, lane, asked, required).instances, lane) for lane in lanes),
        key=lambda item: (item[0], item[1].name),
    )
    best = _one_per_shape([lane for _, lane in priced])
    sides = {lane.name: _side(fleet, lane, asked, required) for lane in best}
    pairs = [
        _pair(fleet, one, sides[one.name], other, sides[other.name])
        for one in best
        for other in best
        if one.role == "prefill" and other.role == "decode" and one.loads.keys() & other.loads.keys()
    ]
    return Sizing(
        workload=workload,
        demand_rps=asked.demand_rps,
        required_rps=required,
        sides=tuple(sorted(sides.values(), key=lambda side: order.index(side.role))),
        pairs=tuple(sorted(pairs, key=lambda pair: pair.usd_per_hour)),
        refusals=tuple(_refusals(table)),
    )


def _one_per_shape(lanes: list[Lane]) -> list[Lane]:
    """Keep the best lane of each role, SKU, shape and handover (percentile bounds give several)."""
    found: dict[Any, Lane] = {}
    for lane in lanes:
        found.setdefault((lane.role, lane.sku, lane.shape, tuple(lane.loads)), lane)
    return list(found.values())


def _gpu_price(fleet: Fleet, lane: Lane) -> float:
    sku = fleet.skus[lane.sku]
    return sku.usd_per_h / sku.gpus * lane.shape.gpus


def _side(fleet: Fleet, lane: Lane, workload: Workload, required_rps: float) -> Side:
    rate = 1 / min(max(load) for load in lane.loads.values())
    tokens = workload.new_tokens if lane.role == "prefill" else workload.output_tokens
    busy = None
    if lane.role == "prefill":
        profile = next(p for p in fleet.llms[lane.llm].prefill if p.shape == lane.shape)
        busy = profile.shape.dp * workload.new_tokens / service_s(profile, workload)
    instances = required_rps / rate
    return Side(
        role=lane.role,
        sku=lane.sku,
        shape=str(lane.shape),
        gpus_per_instance=lane.shape.gpus,
        tokens_per_s=rate * tokens,
        requests_per_s=rate,
        instances=instances,
        whole_instances=ceil(instances * (1 - 1e-9)),
        tokens_per_s_busy=busy,
    )


def _pair(fleet: Fleet, one: Lane, prefill: Side, other: Lane, decode: Side) -> Pair:
    usd = prefill.whole_instances * _gpu_price(fleet, one) + decode.whole_instances * _gpu_price(fleet, other)
    return Pair(prefill, decode, decode.requests_per_s / prefill.requests_per_s, usd)


def _refusals(table: LaneTable) -> list[str]:
    return [f"{r.role} on {r.sku} ({r.shape}): {r.sentence}" for r in table.refusals]
