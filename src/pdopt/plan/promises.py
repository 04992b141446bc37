"""What each workload gets, over all periods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pdopt.fleet.fleet import Fleet, Period, Scenario, Workload
from pdopt.plan.outlook import Outlook
from pdopt.plan.plan import Headroom, Latencies, Pool, Promise, Spell


@dataclass(frozen=True)
class Moment:
    """One period of one scenario: its weight in the expected time, and the pools that run then."""

    scenario: Scenario
    period: Period
    weight: float
    pools: tuple[Pool, ...]


def promises(fleet: Fleet, moments: Sequence[Moment]) -> Iterator[Promise]:
    """State what each workload gets."""
    outlooks = {id(moment.pools): Outlook(fleet, moment.pools) for moment in moments}
    for workload in fleet.workloads.values():
        yield _promise(fleet, moments, workload, outlooks)


def _promise(fleet: Fleet, moments: Sequence[Moment], workload: Workload, outlooks: dict[int, Outlook]) -> Promise:
    """State the rates (averages), latencies and headroom (the worst) of a workload."""
    demand = fleet.rates_rps(workload.name)
    seen = {pools: _seen(outlook, workload.name) for pools, outlook in outlooks.items()}
    spells, survived = [], []
    for moment in moments:
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


def _seen(outlook: Outlook, workload: str) -> tuple[float, dict[str, float], Headroom | None]:
    latencies = {
        f"{metric}_{statistic}_ms": seconds * 1e3
        for metric in ("ttft", "tpot")
        for statistic, seconds in outlook.latencies_s(workload, metric).items()
    }
    served = outlook.served_rps(workload)
    return served, latencies, outlook.headroom(workload) if served > 0 else None


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
