"""Entries of ``workloads`` → workloads."""

from __future__ import annotations

from pdopt.fleet.entries import SloEntry, WorkloadEntry
from pdopt.fleet.fleet import Target, Workload
from pdopt.fleet.rows import STATISTICS


def workload_of(name: str, entry: WorkloadEntry, service_cv2: float) -> Workload:
    """Give a workload in inner units; `service_cv2` is that of the fleet."""
    if entry.requests_per_second is not None:
        demand_rps = entry.requests_per_second
    else:
        assert entry.tokens_per_minute is not None
        demand_rps = entry.tokens_per_minute / 60 / (entry.input_tokens + entry.output_tokens)
    return Workload(
        name=name,
        llm=entry.model,
        input_tokens=entry.input_tokens,
        output_tokens=entry.output_tokens,
        cached_tokens=entry.cached_tokens,
        demand_rps=demand_rps,
        targets=_targets(entry.slo),
        min_served=entry.min_served,
        prefill_service_cv2=service_cv2 if entry.prefill_service_cv2 is None else entry.prefill_service_cv2,
    )


def _targets(slo: SloEntry) -> tuple[Target, ...]:
    stated = ((m, s, getattr(slo, f"{m}_{s}_ms")) for m in ("ttft", "tpot") for s in STATISTICS)
    return tuple(Target(metric, statistic, ms / 1e3) for metric, statistic, ms in stated if ms is not None)
