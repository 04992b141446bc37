"""What each workload gets, over all periods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pdopt.fleet.fleet import Fleet, Period, Scenario, Workload
from pdopt.plan.forecasts import forecast_of
from pdopt.plan.headroom import headroom
from pdopt.plan.plan import Headroom, Latencies, Pool, Promise, Spell


@dataclass(frozen=True)
class Moment:
    """One period of one scenario: its weight in the expected time, and the pools that run then."""

    scenario: Scenario
    period: Period
    weight: float
    pools: tuple[Pool, ...]


def promise(fleet: Fleet, moments: Sequence[Moment], workload: Workload) -> Promise:
    """State the rates (averages), latencies and headroom (the worst) of a workload."""
    demand = fleet.rates_rps(workload.name)
    seen: dict[int, tuple[float, dict[str, float], Headroom | None]] = {}
    spells, survived = [], []
    for moment in moments:
        if id(moment.pools) not in seen:
            seen[id(moment.pools)] = _seen(fleet, moment.pools, workload)
        served, latencies, survives = seen[id(moment.pools)]
        survived += [survives] if survives else []
        spells.append(
            Spell(
                period=moment.period.name,
                scenario=moment.scenario.name if len(fleet.scenarios) > 1 else None,
                demand_rps=demand[moment.scenario.name, moment.period.name],
                served_rps=served,
                **latencies,
            )
        )
    weights = [moment.weight for moment in moments]
    return Promise(
        name=workload.name,
        model=workload.llm,
        demand_rps=sum(w * spell.demand_rps for w, spell in zip(weights, spells, strict=True)),
        served_rps=sum(w * spell.served_rps for w, spell in zip(weights, spells, strict=True)),
        slo={f"{t.metric}_{t.statistic}_ms": round(t.bound_s * 1e3, 9) for t in workload.targets},
        headroom=_least(survived),
        periods=tuple(spells) if len(spells) > 1 else None,
        **_worst(spells),
    )


def _seen(fleet: Fleet, pools: tuple[Pool, ...], workload: Workload) -> tuple[float, dict[str, float], Headroom | None]:
    latencies = {
        f"{metric}_{statistic}_ms": seconds * 1e3
        for metric in ("ttft", "tpot")
        for statistic, seconds in _latencies_s(fleet, pools, workload, metric).items()
    }
    served = sum(pool.serves.get(workload.name, 0.0) for pool in pools if pool.role in ("decode", "mixed"))
    return served, latencies, headroom(fleet, pools, workload.name) if served > 0 else None


def _worst(spells: Sequence[Spell]) -> dict[str, float]:
    found: dict[str, float] = {}
    for spell in spells:
        for key in Latencies.model_fields:
            value = getattr(spell, key)
            if value is not None:
                found[key] = max(value, found.get(key, 0.0))
    return found


def _least(survived: Sequence[Headroom]) -> Headroom | None:
    if not survived:
        return None
    values = {key: [getattr(one, key) for one in survived] for key in Headroom.model_fields}
    return Headroom(**{key: min((v for v in every if v is not None), default=None) for key, every in values.items()})


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
