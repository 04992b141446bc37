"""``vllm bench serve --save-result`` (with or without ``--save-detailed``): one JSON object per run, milliseconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pdopt.catalogue.measured.measurement import Facts, Measurement, Unreadable
from pdopt.catalogue.measured.parsing import (
    count,
    day,
    engine_named,
    finite,
    has,
    latency,
    number,
    ratio,
    read_lines,
    variation,
)

NAME = "vllm bench serve"


def detects(path: Path, head: str) -> bool:
    """Whether the first run is there; runs of a sweep, which are numbered, are another importer's."""
    listed = head.lstrip().startswith("[") and not has(head, "run_number")
    known = has(head, "backend", "model_id", "tokenizer_id", "num_prompts")
    return (listed or head.lstrip().startswith("{")) and known


def read(path: Path) -> list[Measurement]:
    """Give the run, or the runs of ``--append-result`` (one per line) or of a list."""
    records, notes = read_lines(path)
    if not records or not all(isinstance(record, dict) for record in records):
        raise Unreadable("is neither one JSON object nor several")
    return [measurement(record, path.name, notes=notes) for record in records]


def measurement(record: dict[str, Any], source: str, tool: str = NAME, notes: tuple[str, ...] = ()) -> Measurement:
    """Turn one run's record into a measurement; the tool records neither its own nor the server's version."""
    completed = count(record, "completed")
    prompts = count(record, "num_prompts")
    failed = count(record, "failed")
    inputs, outputs = record.get("input_lens") or (), record.get("output_lens") or ()
    return Measurement(
        source=source,
        tool=tool,
        tool_version=str(record.get("vllm_version") or ""),
        model=str(record.get("model_id") or ""),
        facts=_facts(record),
        isl=ratio(number(record, "total_input_tokens", "total_input"), completed),
        osl=ratio(number(record, "total_output_tokens", "total_output"), completed),
        completed=completed,
        failed=failed if failed is not None else max((prompts or 0) - (completed or 0), 0),
        duration_s=number(record, "duration"),
        concurrency=finite(number(record, "max_concurrency")),
        rate_rps=finite(number(record, "request_rate")),
        ttft=latency(record, "ms", "{}_ttft_ms"),
        tpot=latency(record, "ms", "{}_tpot_ms"),
        request_rps=number(record, "request_throughput"),
        output_tps=number(record, "output_throughput"),
        input_tps=ratio(number(record, "total_input_tokens"), number(record, "duration")),
        input_cv=variation(inputs),
        output_cv=variation(outputs),
        notes=notes,
    )


def _facts(record: dict[str, Any]) -> Facts:
    """Read what ``--metadata gpu=… tp=…`` added; the backend names the engine unless it is a bare protocol.

    Each data-parallel rank has tp x pp GPUs of its own.
    """
    tp, pp = count(record, "tp", "tensor_parallel_size"), count(record, "pp", "pipeline_parallel_size") or 1
    dp = count(record, "dp", "data_parallel_size")
    needed = (tp or 0) * pp * (dp or 1)
    gpus = count(record, "gpus") or needed or None
    layout = _layout(tp, dp or 1) if gpus == needed or (dp or 1) == 1 else ""
    return Facts(
        gpu=str(record.get("gpu") or ""),
        gpus=gpus,
        parallelism=str(record.get("parallelism") or layout),
        dp=dp,
        engine=str(record.get("engine") or engine_named(record.get("backend"))),
        engine_version=str(record.get("engine_version") or ""),
        precision=str(record.get("precision") or ""),
        date=day(record.get("date")),
    )


def _layout(tp: int | None, dp: int) -> str:
    """Name a layout as the catalogue does: tp8, dp8, tp2-dp4."""
    if not tp:
        return ""
    return "-".join([f"tp{tp}"] * (tp > 1 or dp == 1) + [f"dp{dp}"] * (dp > 1))
