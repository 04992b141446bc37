"""The closed formulas of arXiv 2603.04716 for one workload: counts and P:D ratio, without a program."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from math import ceil
from typing import Any, NamedTuple

from pdopt.capacity.lanes import ROLES, every_lane
from pdopt.capacity.prefill import service_s
from pdopt.capacity.table import Lane, LaneTable, Route
from pdopt.fleet.fleet import Fleet


@dataclass(frozen=True)
class Side:
    """One shape on one SKU in one role: what an instance carries within the targets, and how many it takes.

    Attributes
    ----------
    tokens_per_s : float
        Input tokens (prefill) or output tokens (decode) per second of one instance within its target: TP_pre, TP_dec.
    way : str
        The handover, where the LLM has several: the way to decode counts in TTFT.
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
    way: str = ""


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
    """Size one workload on every shape and SKU of a fleet, alone, margins and `min_served` included.

    Where the demand varies it is sized for its peak.
    """
    asked = fleet.workloads[workload]
    table = every_lane(replace(fleet, workloads={workload: asked}))
    required = max(slot.required_rps[workload] for slot in table.slots)
    ends = _cheapest_ends(fleet, table)
    ways = {end.route.handover for end in ends if end.lane.role == "prefill"}
    sides = {end: _side(fleet, end, required, len(ways) > 1) for end in ends}
    pairs = [
        _pair(fleet, (one, sides[one]), (other, sides[other]))
        for one in ends
        for other in ends
        if (one.lane.role, other.lane.role) == ("prefill", "decode") and one.route == other.route
    ]
    order = list(ROLES)
    return Sizing(
        workload=workload,
        demand_rps=max(fleet.rates_rps(workload).values()),
        required_rps=required,
        sides=tuple(sorted(sides.values(), key=lambda side: order.index(side.role))),
        pairs=tuple(sorted(pairs, key=lambda pair: pair.usd_per_hour)),
        refusals=tuple(_refusals(table)),
    )


class End(NamedTuple):
    """One lane and one of its routes."""

    name: str
    route: Route
    lane: Lane

    def __hash__(self) -> int:
        return hash((self.name, self.route))

    @property
    def requests_per_s(self) -> float:
        """What one instance carries of this route alone."""
        return 1 / max(self.lane.loads[self.route])


def _cheapest_ends(fleet: Fleet, table: LaneTable) -> list[End]:
    """Keep the best lane of each role, SKU, shape and handover (percentile bounds give several), cheapest first."""
    ends = [End(lane.name, route, lane) for lane in table.lanes for route in lane.loads]
    ends.sort(key=lambda end: (_gpu_price(fleet, end.lane) / end.requests_per_s, end.name))
    found: dict[Any, End] = {}
    for end in ends:
        found.setdefault((end.lane.role, end.lane.sku, end.lane.shape, end.route), end)
    return list(found.values())


def _gpu_price(fleet: Fleet, lane: Lane) -> float:
    sku = fleet.skus[lane.sku]
    return sku.usd_per_h / sku.gpus * lane.shape.gpus


def _side(fleet: Fleet, end: End, required_rps: float, several_ways: bool) -> Side:
    lane, workload = end.lane, fleet.workloads[end.route.workload]
    tokens = workload.new_tokens if lane.role == "prefill" else workload.output_tokens
    busy = None
    if lane.role == "prefill":
        profile = next(p for p in fleet.llms[lane.llm].prefill if p.shape == lane.shape)
        busy = profile.shape.dp * workload.new_tokens / service_s(profile, workload)
    instances = required_rps / end.requests_per_s
    return Side(
        role=lane.role,
        sku=lane.sku,
        shape=str(lane.shape),
        gpus_per_instance=lane.shape.gpus,
        tokens_per_s=end.requests_per_s * tokens,
        requests_per_s=end.requests_per_s,
        instances=instances,
        whole_instances=ceil(instances * (1 - 1e-9)),
        tokens_per_s_busy=busy,
        way=end.route.handover if several_ways and lane.role == "prefill" else "",
    )


def _pair(fleet: Fleet, one: tuple[End, Side], other: tuple[End, Side]) -> Pair:
    usd = sum(side.whole_instances * _gpu_price(fleet, end.lane) for end, side in (one, other))
    return Pair(one[1], other[1], other[1].requests_per_s / one[1].requests_per_s, usd)


def _refusals(table: LaneTable) -> list[str]:
    return [f"{r.role} on {r.sku} ({r.shape}): {r.sentence}" for r in table.refusals]
