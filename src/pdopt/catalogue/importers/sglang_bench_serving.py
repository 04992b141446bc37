"""``python -m sglang.bench_serving --output-file``: JSON lines, one run per line, milliseconds, bare Infinity."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pdopt.catalogue.measured.measurement import Facts, Measurement
from pdopt.catalogue.measured.parsing import (
    count,
    engine_named,
    finite,
    has,
    latency,
    number,
    ratio,
    read_lines,
    variation,
)

NAME = "sglang bench_serving"


def detects(path: Path, head: str) -> bool:
    """Whether the first line is a run."""
    return has(head, "backend", "dataset_name", "random_input_len", "completed") and "run_name" not in head[:200]


def read(path: Path) -> list[Measurement]:
    """Give every run of the file."""
    records, notes = read_lines(path)
    return [_measurement(record, path.name, notes) for record in records]


def _measurement(record: dict[str, Any], source: str, notes: tuple[str, ...]) -> Measurement:
    completed = count(record, "completed")
    server = record.get("server_info") or {}
    return Measurement(
        source=source,
        tool=NAME,
        tool_version=str(server.get("version") or ""),
        model=str(server.get("model_path") or record.get("model") or ""),
        facts=_facts(record, server),
        isl=ratio(number(record, "total_input_tokens", "total_input_text_tokens"), completed),
        osl=ratio(number(record, "total_output_tokens"), completed),
        completed=completed,
        failed=sum(bool(error) for error in record.get("errors") or ()),
        duration_s=number(record, "duration"),
        concurrency=finite(number(record, "max_concurrency")),
        rate_rps=finite(number(record, "request_rate")),
        ttft=latency(record, "ms", "{}_ttft_ms"),
        tpot=latency(record, "ms", "{}_tpot_ms"),
        request_rps=number(record, "request_throughput"),
        output_tps=number(record, "output_throughput"),
        input_tps=number(record, "input_throughput"),
        input_cv=variation(record.get("input_lens") or ()) or _drawn_cv(record),
        output_cv=variation(record.get("output_lens") or ()) or _drawn_cv(record),
        notes=notes,
    )


def _drawn_cv(record: dict[str, Any]) -> float | None:
    """Coefficient of variation of lengths drawn uniformly from ratio to 1 times the nominal one."""
    low = number(record, "random_range_ratio")
    if low is None or not str(record.get("dataset_name")).startswith("random"):
        return None
    return (1 - low) / (1 + low) / 3**0.5


def _facts(record: dict[str, Any], server: dict[str, Any]) -> Facts:
    """Read the server's own account: ``tp_size`` counts all GPUs of a stage, attention-dp ones included."""
    tp, pp, dp = (count(server, key) for key in ("tp_size", "pp_size", "dp_size"))
    attention = bool(server.get("enable_dp_attention"))
    replicas = 1 if attention else dp or 1
    return Facts(
        gpus=tp * (pp or 1) * replicas if tp else None,
        parallelism=(f"dp{dp}" if attention else f"tp{tp}") if tp and replicas == 1 else "",
        dp=dp if attention or replicas > 1 else None,
        engine=engine_named(record.get("backend")),
        engine_version=str(server.get("version") or ""),
    )
