"""Entries of ``workloads`` → workloads."""

from __future__ import annotations

from dataclasses import dataclass

from pdopt.fleet.demand import mean_rps, rates_rps
from pdopt.fleet.entries import SloEntry, WorkloadEntry
from pdopt.fleet.fleet import Target, Workload
from pdopt.fleet.periods import Horizon
from pdopt.fleet.rows import STATISTICS


@dataclass(frozen=True)
class Usual:
    """What holds of a workload that states nothing of its own."""

    prefill_service_cv2: float
    min_served: float
    growth_per_month: float = 0.0


def workload_of(name: str, entry: WorkloadEntry, usual: Usual, horizon: Horizon) -> Workload:
    """Give a workload in inner units."""
    rates = rates_rps(entry, name, horizon)
    varies = len(set(rates)) > 1
    return Workload(
        name=name,
        llm=entry.model,
        input_tokens=entry.input_tokens,
        output_tokens=entry.output_tokens,
        cached_tokens=entry.cached_tokens,
        demand_rps=mean_rps(rates, horizon.periods) if varies else rates[0],
        series_rps=dict(zip(horizon.names, rates, strict=True)) if varies else {},
        targets=_targets(entry.slo),
        min_served=usual.min_served if entry.min_served is None else entry.min_served,
        value=1.0 if entry.value is None else entry.value,
        priority=entry.priority or 1,
        prefill_service_cv2=_first(entry.prefill_service_cv2, usual.prefill_service_cv2),
        images=entry.images,
        image_tokens=entry.image_tokens or 0.0,
        encode_service_cv2=_first(entry.encode_service_cv2, entry.prefill_service_cv2, usual.prefill_service_cv2),
        owed=entry.min_served or 0.0,
        growth_per_month=usual.growth_per_month if entry.growth is None else entry.growth,
        sites=tuple(dict.fromkeys(entry.sites or ())),
        latency_s={site: ms / 1e3 for site, ms in (entry.latency_ms or {}).items()},
    )


def _first(*stated: float | None) -> float:
    return next(value for value in stated if value is not None)


def _targets(slo: SloEntry) -> tuple[Target, ...]:
    stated = ((m, s, getattr(slo, f"{m}_{s}_ms")) for m in ("ttft", "tpot") for s in STATISTICS)
    return tuple(Target(metric, statistic, ms / 1e3) for metric, statistic, ms in stated if ms is not None)
