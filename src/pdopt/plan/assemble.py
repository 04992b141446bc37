"""From counts and routes to a plan: pools, rentals, predictions, headroom, sources."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import ceil

import pdopt
from pdopt.capacity.table import Lane, LaneTable, Route
from pdopt.fleet.fleet import Fleet, Workload
from pdopt.plan.forecasts import forecast_of
from pdopt.plan.headroom import headroom
from pdopt.plan.notes import plan_notes
from pdopt.plan.placement import rules_of
from pdopt.plan.plan import Plan, Pool, PriceSource, ProfileUsed, Promise, Rental
from pdopt.plan.pools import shape_of
from pdopt.plan.why import token_prices

NOTHING = 1e-9  # requests per second, relative to the demand


@dataclass(frozen=True)
class Decision:
    """What the program decided, by lane: instances and routed requests per second (margins included)."""

    instances: dict[str, int]
    routed_rps: dict[str, dict[Route, float]]
    bound_per_h: float
    proven: bool


def assemble(fleet: Fleet, table: LaneTable, decision: Decision) -> Plan:
    """State a decision as a plan, at the fleet's stated demand."""
    growth = 1 + fleet.margins.demand
    lanes = [lane for lane in table.lanes if decision.instances.get(lane.name, 0) > 0]
    pools = tuple(_pool(fleet, lane, decision, growth) for lane in lanes)
    pools = tuple(pool.model_copy(update={"binds": _binding(fleet, pool, pools)}) for pool in pools)
    rentals = tuple(_rentals(fleet, pools))
    profiles = tuple(_profiles_used(fleet, pools))
    cost = sum(rental.usd_per_hour for rental in rentals)
    bound = cost if decision.proven else min(max(decision.bound_per_h, 0.0), cost)
    return Plan(
        status="optimal" if decision.proven else "feasible",
        cost_per_hour=cost,
        bound_per_hour=bound,
        gap=(cost - bound) / cost if cost > 0 else 0.0,
        name=fleet.name,
        pools=pools,
        workloads=tuple(_promise(fleet, pools, workload) for workload in fleet.workloads.values()),
        skus=rentals,
        assumptions=asdict(fleet.assumptions),
        margins=asdict(fleet.margins),
        redundancy=asdict(fleet.redundancy) if fleet.redundancy.instances else {},
        limits={name: value for name, value in asdict(fleet.limits).items() if value is not None},
        rules=rules_of(fleet),
        token_prices=tuple(token_prices(fleet, table, pools)),
        profiles=profiles,
        notes=plan_notes(fleet, table, pools, profiles),
        fleet_sha256=fleet.source_hash,
        pdopt_version=pdopt.__version__,
    )


def _pool(fleet: Fleet, lane: Lane, decision: Decision, growth: float) -> Pool:
    routed = {r: x for r, x in decision.routed_rps[lane.name].items() if x > NOTHING * fleet.workloads[r[0]].demand_rps}
    work = [sum(lane.loads[r][i] * x for r, x in routed.items()) for i in range(len(lane.limits))]
    serves: dict[str, float] = defaultdict(float)
    hands_over: dict[str, dict[str, float]] = defaultdict(dict)
    for route, rate in routed.items():
        serves[route.workload] += rate / growth
        hands_over[route.handover][route.workload] = rate / growth
    shape, instances = lane.shape, decision.instances[lane.name]
    return Pool(
        model=lane.llm,
        role=lane.role,  # type: ignore[arg-type]
        sku=lane.sku,
        gpu=shape.gpu,
        gpus_per_instance=shape.gpus,
        instances=instances,
        serves=dict(serves),
        utilisation=max(work, default=0.0) / instances,
        parallelism=shape.parallelism,
        dp=shape.dp,
        engine=shape.engine,
        precision=shape.precision,
        site=fleet.skus[lane.sku].site,
        handover=next(iter(lane.loads)).handover if lane.role == "decode" else None,
        hands_over=dict(hands_over) if lane.role == "prefill" else None,
    )


def _binding(fleet: Fleet, pool: Pool, pools: tuple[Pool, ...]) -> str:
    """Name the target whose forecast comes nearest to its bound."""
    nearest, name = 0.0, ""
    forecast = forecast_of(fleet, pool, pools)
    for metric in ("ttft", "tpot"):
        for workload, _, statistics in forecast.seen(metric):
            for target in fleet.workloads[workload].targets_of(metric):
                share = statistics[target.statistic] / target.bound_s
                if share > nearest:
                    nearest, name = share, f"{workload} {metric}_{target.statistic}_ms"
    return name


def _rentals(fleet: Fleet, pools: Iterable[Pool]) -> Iterable[Rental]:
    used: dict[str, int] = defaultdict(int)
    for pool in pools:
        used[pool.sku] += pool.instances * pool.gpus_per_instance
    for name, gpus in used.items():
        sku = fleet.skus[name]
        nodes = ceil(gpus / sku.gpus)
        rented = nodes * sku.gpus if sku.billing == "node" else gpus
        yield Rental(
            sku=name,
            gpu=sku.gpu,
            site=sku.site,
            nodes=nodes,
            gpus_rented=rented,
            gpus_used=gpus,
            power_kw=None if sku.power_kw is None else sku.power_kw * rented / sku.gpus,
            usd_per_hour=nodes * sku.usd_per_h if sku.billing == "node" else gpus * sku.usd_per_h / sku.gpus,
            available=sku.available,
            price_source=PriceSource(**asdict(sku.price_origin)),
        )


def _promise(fleet: Fleet, pools: tuple[Pool, ...], workload: Workload) -> Promise:
    latencies: dict[str, float] = {}
    for metric in ("ttft", "tpot"):
        for statistic, seconds in _latencies_s(fleet, pools, workload, metric).items():
            latencies[f"{metric}_{statistic}_ms"] = seconds * 1e3
    served = sum(pool.serves.get(workload.name, 0.0) for pool in pools if pool.role != "prefill")
    return Promise(
        name=workload.name,
        model=workload.llm,
        demand_rps=workload.demand_rps,
        served_rps=served,
        slo={f"{t.metric}_{t.statistic}_ms": round(t.bound_s * 1e3, 9) for t in workload.targets},
        headroom=headroom(fleet, pools, workload.name) if served > 0 else None,
        **latencies,
    )


def _latencies_s(fleet: Fleet, pools: tuple[Pool, ...], workload: Workload, metric: str) -> dict[str, float]:
    """Give statistic → seconds: means averaged over the workload's requests, percentiles the worst of its pools."""
    seen: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for pool in pools:
        if workload.name in pool.serves:
            for name, rate, statistics in forecast_of(fleet, pool, pools).seen(metric):
                if name == workload.name:
                    for statistic, seconds in statistics.items():
                        seen[statistic].append((rate, seconds))
    total = {statistic: sum(rate for rate, _ in pairs) for statistic, pairs in seen.items()}
    return {
        statistic: sum(rate * seconds for rate, seconds in pairs) / total[statistic]
        if statistic == "mean"
        else max(seconds for _, seconds in pairs)
        for statistic, pairs in seen.items()
    }


def _profiles_used(fleet: Fleet, pools: Iterable[Pool]) -> Iterable[ProfileUsed]:
    seen = set()
    for pool in pools:
        key = (pool.model, pool.role, shape_of(pool))
        if key in seen:
            continue
        seen.add(key)
        for profile in getattr(fleet.llms[pool.model], pool.role):
            if profile.shape == shape_of(pool):
                for origin in profile.origins:
                    yield ProfileUsed(
                        model=pool.model,
                        role=pool.role,
                        shape=str(profile.shape),
                        kind=origin.kind or "unstated",
                        source=origin.source or "given in the fleet file",
                        date=origin.date or None,
                        engine_version=origin.engine_version or None,
                    )
