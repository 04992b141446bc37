"""AIPerf: profile_export_aiperf.json (a unit beside each metric) and .csv (the unit in each metric's name)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pdopt.catalogue.measured.measurement import Measurement, Unreadable
from pdopt.catalogue.measured.nvidia import closed_or_open_loop, csv_metrics, measurement, models_of
from pdopt.catalogue.measured.parsing import beside, day, has, number, read_json

NAME = "aiperf"


def detects(path: Path, head: str) -> bool:
    """Whether this is AIPerf's own export; GenAI-Perf's has a perf_analyzer section and writes "To First"."""
    if head.lstrip().startswith("{"):
        return has(head, "request_throughput", "input_config", "unit") and not has(head, "perf_analyzer")
    return head.startswith("Metric,") and "Time to First Token" in head


def read(path: Path) -> list[Measurement]:
    """Give the run."""
    if path.suffix == ".csv":
        return [measurement(csv_metrics(path), source=beside(path), tool=NAME)]
    record = read_json(path)
    if record.get("was_cancelled"):
        raise Unreadable("is of a run that was cancelled")
    config = record.get("input_config") or {}
    return [
        measurement(
            record,
            source=beside(path),
            tool=NAME,
            tool_version=str(record.get("aiperf_version") or ""),
            model=_model(config),
            date=day(record.get("start_time")),
            load=_load(config),
        )
    ]


def _model(config: dict[str, Any]) -> str:
    items = (config.get("models") or {}).get("items") if isinstance(config.get("models"), dict) else None
    return str(items[0].get("name") or "") if items else models_of(config)


def _load(config: dict[str, Any]) -> tuple[float | None, float | None]:
    """Read concurrency and rate from the profiling phase, or from the load generator's section of older versions."""
    phases = [phase for phase in config.get("phases") or () if phase.get("kind", "profiling") == "profiling"]
    section = phases[0] if phases else config.get("loadgen") or config
    return closed_or_open_loop(number(section, "concurrency"), number(section, "request_rate", "rate"))
