"""GenAI-Perf: profile_export_genai_perf.json and .csv."""

from __future__ import annotations

from pathlib import Path

from pdopt.catalogue.measured.measurement import Measurement
from pdopt.catalogue.measured.nvidia import closed_or_open_loop, csv_metrics, measurement, models_of
from pdopt.catalogue.measured.parsing import beside, has, number, read_json

NAME = "genai-perf"


def detects(path: Path, head: str) -> bool:
    """Whether this is GenAI-Perf's own export."""
    if head.lstrip().startswith("{"):
        return has(head, "request_throughput", "input_config", "perf_analyzer")
    return head.startswith("Metric,") and "Time To First Token" in head


def read(path: Path) -> list[Measurement]:
    """Give the run; the tool records neither date nor version."""
    if path.suffix == ".csv":
        return [measurement(csv_metrics(path), source=beside(path), tool=NAME)]
    record = read_json(path)
    config = record.get("input_config") or {}
    stimulus = (config.get("perf_analyzer") or {}).get("stimulus") or {}
    load = closed_or_open_loop(number(stimulus, "concurrency"), number(stimulus, "request_rate"))
    return [measurement(record, source=beside(path), tool=NAME, model=models_of(config), load=load)]
