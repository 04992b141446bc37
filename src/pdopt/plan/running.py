"""Pools of a plan: what runs in each slot."""

from __future__ import annotations

from collections import defaultdict
from math import floor

from pdopt.capacity.slots import Slot
from pdopt.capacity.table import Lane, LaneTable, Route
from pdopt.fleet.fleet import Fleet
from pdopt.plan.decision import Decision
from pdopt.plan.forecasts import forecast_of
from pdopt.plan.plan import Pool

NOTHING = 1e-9  # requests per second, relative to the demand


def pools_of(fleet: Fleet, table: LaneTable, decision: Decision, slot: Slot) -> tuple[Pool, ...]:
    """Give the pools of a slot, at the fleet's stated demand, without saying when that is."""
    lanes = [lane for lane in table.lanes if decision.instances.get((lane.name, slot.name), 0) > 0]
    pools = tuple(_pool(fleet, table, decision, (lane, slot)) for lane in lanes)
    return tuple(pool.model_copy(update={"binds": _binding(fleet, pool, pools)}) for pool in pools)


def _pool(fleet: Fleet, table: LaneTable, decision: Decision, place: tuple[Lane, Slot]) -> Pool:
    lane, slot = place
    growth = 1 + fleet.margins.demand
    routed = {
        r: x for r, x in decision.routed_rps[lane.name, slot.name].items() if x > NOTHING * slot.wanted_rps[r.workload]
    }
    work = [sum(lane.loads[r][i] * x for r, x in routed.items()) for i in range(len(lane.limits))]
    shape, instances = lane.shape, decision.instances[lane.name, slot.name]
    on_spot, away = _on_spot(table, decision, lane, slot)
    shares = [part / carried for part, carried in zip(work, _carried(lane, instances - away), strict=True)]
    tightest = max(range(len(work)), key=lambda i: shares[i], default=0)
    each = shares[tightest] * (instances - away) / work[tightest] if routed else 0.0
    serves: dict[str, float] = defaultdict(float)
    brings: dict[str, float] = defaultdict(float)
    hands_over: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for route, rate in routed.items():
        serves[route.workload] += rate / growth
        brings[route.workload] += each * lane.loads[route][tightest] * rate
        hands_over[table.handover_of(route.handover)][route.workload] += rate / growth
    return Pool(
        model=lane.llm,
        role=lane.role,  # type: ignore[arg-type]
        sku=lane.sku,
        gpu=shape.gpu,
        gpus_per_instance=shape.gpus,
        instances=instances,
        serves=dict(serves),
        utilisation=max(shares, default=0.0),
        work=dict(brings),
        parallelism=shape.parallelism,
        dp=shape.dp,
        engine=shape.engine,
        precision=shape.precision,
        site=fleet.skus[lane.sku].site,
        handover=next(iter(lane.loads)).handover if lane.role == "decode" else None,
        hands_over=_plain(hands_over) if lane.role in ("encode", "prefill") else None,
        encoded=_encoded(table, routed, growth),
        on_spot=on_spot or None,
        expected_away=away or None,
    )


def _carried(lane: Lane, carrying: float) -> list[float]:
    """Give the work that a lane's instances carry, per limit; where they share a line, whole ones count."""
    if not lane.sizes:
        return [carrying] * len(lane.limits)
    return [lane.carried(i, floor(carrying + 1e-9)) for i in range(len(lane.limits))]


def _plain(rates: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    return {key: dict(inner) for key, inner in rates.items()}


def _encoded(
    table: LaneTable, routed: dict[Route, float], growth: float
) -> dict[str, dict[str, dict[str, float]]] | None:
    """Split of TTFT → handover → workload → requests per second, of those with images."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for route, rate in routed.items():
        if route.handover in table.encoded:
            split, handover = table.encoded[route.handover]
            found.setdefault(split, {}).setdefault(handover, {})[route.workload] = rate / growth
    return found or None


def _on_spot(table: LaneTable, decision: Decision, lane: Lane, slot: Slot) -> tuple[dict[str, int], float]:
    """Instances on spot nodes by term, and how many are away on average."""
    terms = [term for term in table.node_of[lane.sku].terms if term.spot]
    counts = {term.name: decision.on_spot.get((lane.name, term.name, slot.name), 0) for term in terms}
    away = sum(term.interruption * counts[term.name] for term in terms)
    return {name: count for name, count in counts.items() if count}, away


def _binding(fleet: Fleet, pool: Pool, pools: tuple[Pool, ...]) -> str:
    """Name the target whose forecast comes nearest to its bound."""
    nearest, name = 0.0, ""
    forecasts = forecast_of(fleet, pool, pools).stating()
    for metric in ("ttft", "tpot"):
        for workload, _, statistics in (seen for forecast in forecasts for seen in forecast.seen(metric)):
            for target in fleet.workloads[workload].targets_of(metric) if workload in pool.serves else ():
                share = statistics[target.statistic] / target.bound_s
                if share > nearest:
                    nearest, name = share, f"{workload} {metric}_{target.statistic}_ms"
    return name
