"""The closed formulas of arXiv 2603.04716 for one workload: counts and P:D ratio, without a program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from pdopt.capacity.encode import encode_service_s
from pdopt.capacity.lanes import ROLES, every_lane
from pdopt.capacity.prefill import service_s
from pdopt.capacity.table import Lane, LaneTable, Route
from pdopt.fleet.fleet import Fleet, Workload

SERVICE_S: dict[str, Callable[[Any, Workload], float]] = {"encode": encode_service_s, "prefill": service_s}


@dataclass(frozen=True)
class Side:
    """One shape on one SKU in one role: what an instance carries within the targets, and how many it takes.

    Attributes
    ----------
    tokens_per_s : float
        Image tokens (encode), input tokens (prefill: TP_pre) or output tokens (decode: TP_dec) per second of one
        instance within its target.
    way : str
        The handover, where the LLM has several: the way to decode counts in TTFT; with images, the split of TTFT.
    tokens_per_s_busy : float or None
        Encode and prefill only: the measured throughput of an instance kept busy, TP_pre_max.
    instances : float
        Formula (5) or (6): instances that carry the workload, not rounded (pooled: each as one of the whole ones).
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
    """A prefill side and the decode side it feeds: the ratio of formula (7) and the price of the GPUs in use.

    Requests with images come from an encode side, at the split of TTFT at which all three cost the least.
    """

    prefill: Side
    decode: Side
    prefill_per_decode: float
    usd_per_hour: float
    encode: Side | None = None


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
        """Give plain values for JSON; what there is none of is left out of the pairs."""
        plain = asdict(self)
        plain["pairs"] = [{key: value for key, value in pair.items() if value is not None} for pair in plain["pairs"]]
        return plain


def size(fleet: Fleet, workload: str) -> Sizing:
    """Size one workload on every shape and SKU of a fleet, alone, margins and `min_served` included.

    Where the demand varies it is sized for its peak.
    """
    asked = fleet.workloads[workload]
    table = every_lane(replace(fleet, workloads={workload: asked}))
    required = max(slot.required_rps[workload] for slot in table.slots)
    ends = _cheapest_ends(fleet, table, required)
    ways = {end.route.handover for end in ends if end.lane.role == "prefill"}
    sides = {end: _side(fleet, end, required, len(ways) > 1) for end in ends}
    found: dict[Any, Pair] = {}
    for stages in _chains(table, ends):
        pair = _pair(fleet, [(end, sides[end]) for end in stages])
        key = [(end.lane.sku, end.lane.shape) for end in stages]
        best = found.setdefault((*key, stages[-1].route), pair)
        if pair.usd_per_hour < best.usd_per_hour:
            found[*key, stages[-1].route] = pair
    pairs = list(found.values())
    if asked.images:  # each side has a number for every split: those of the pairs are told
        chosen = [side for pair in pairs for side in (pair.encode, pair.prefill, pair.decode)]
        sides = {end: side for end, side in sides.items() if side.role == "mixed" or side in chosen}
    order = list(ROLES)
    return Sizing(
        workload=workload,
        demand_rps=max(fleet.rates_rps(workload).values()),
        required_rps=required,
        sides=tuple(sorted(sides.values(), key=lambda side: order.index(side.role))),
        pairs=tuple(sorted(pairs, key=lambda pair: pair.usd_per_hour)),
        refusals=tuple(_refusals(table)),
    )


def _chains(table: LaneTable, ends: list[End]) -> Iterator[list[End]]:
    """Yield ends that serve a request together: prefill and decode, before them encode where there are images."""
    by_role = {role: [end for end in ends if end.lane.role == role] for role in ROLES}
    for one in by_role["prefill"]:
        split, handover = table.encoded.get(one.route.handover, ("", one.route.handover))
        for other in by_role["decode"]:
            if other.route.handover == handover:
                before = [[end] for end in by_role["encode"] if end.route.handover == split] if split else [[]]
                yield from ([*encode, one, other] for encode in before)


class End(NamedTuple):
    """One lane, one of its routes, and the whole instances that carry the rate required of it."""

    name: str
    route: Route
    lane: Lane
    whole_instances: int

    def __hash__(self) -> int:
        return hash((self.name, self.route))

    @property
    def requests_per_s(self) -> float:
        """What one instance carries of this route alone; under pooled dispatch in a pool of as many as it takes."""
        count = max(self.whole_instances, 1)
        return min(self.lane.carried(i, count) / load for i, load in enumerate(self.lane.loads[self.route])) / count


def _cheapest_ends(fleet: Fleet, table: LaneTable, required_rps: float) -> list[End]:
    """Keep the best lane of each role, SKU, shape and handover (percentile bounds give several), cheapest first."""
    ends = [
        End(lane.name, route, lane, lane.least_instances([part * required_rps for part in load]))
        for lane in table.lanes
        for route, load in lane.loads.items()
    ]
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
    tokens_of = {"encode": workload.images * workload.image_tokens, "prefill": workload.new_tokens}
    tokens, busy = tokens_of.get(lane.role, workload.output_tokens), None
    if lane.role in SERVICE_S:
        profile = next(p for p in getattr(fleet.llms[lane.llm], lane.role) if p.shape == lane.shape)
        busy = profile.shape.dp * tokens / SERVICE_S[lane.role](profile, workload)
    return Side(
        role=lane.role,
        sku=lane.sku,
        shape=str(lane.shape),
        gpus_per_instance=lane.shape.gpus,
        tokens_per_s=end.requests_per_s * tokens,
        requests_per_s=end.requests_per_s,
        instances=required_rps / end.requests_per_s,
        whole_instances=end.whole_instances,
        tokens_per_s_busy=busy,
        way=end.route.handover if several_ways and lane.role in SERVICE_S else "",
    )


def _pair(fleet: Fleet, stages: list[tuple[End, Side]]) -> Pair:
    usd = sum(side.whole_instances * _gpu_price(fleet, end.lane) for end, side in stages)
    *before, one, other = [side for _, side in stages]
    return Pair(one, other, other.requests_per_s / one.requests_per_s, usd, before[0] if before else None)


def _refusals(table: LaneTable) -> list[str]:
    return [f"{r.role} on {r.sku} ({r.shape}): {r.sentence}" for r in table.refusals]
