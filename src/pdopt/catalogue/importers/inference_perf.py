"""``inference-perf`` (kubernetes-sigs): stage_N_lifecycle_metrics.json, or the folder of all stages; seconds.

Its ``time_per_output_token`` counts chunks, and can be half of the truth: TPOT is computed from the latencies of
whole requests, and its percentiles are kept only where the two agree.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from pdopt.catalogue.measured.measurement import Latency, Measurement
from pdopt.catalogue.measured.parsing import beside, count, finite, has, latency, number, ratio, read_json

NAME = "inference-perf"
STAGES = "stage_*_lifecycle_metrics.json"
AGREE = 0.05


def detects(path: Path, head: str) -> bool:
    """Whether this is a stage, or a folder of stages; the summary mixes stages and is not."""
    if path.is_dir():
        return any(path.glob(STAGES))
    return head.lstrip().startswith("{") and has(head, "load_summary", "requested_rate", "successes")


def read(path: Path) -> list[Measurement]:
    """Give one run per stage."""
    files = sorted(path.glob(STAGES), key=_stage) if path.is_dir() else [path]
    return [_measurement(read_json(file), file) for file in files]


def _stage(path: Path) -> int:
    found = re.search(r"stage_(\d+)", path.name)
    return int(found[1]) if found else 0


def _measurement(record: dict[str, Any], path: Path) -> Measurement:
    done, load = record.get("successes") or {}, record.get("load_summary") or {}
    latencies, throughput = done.get("latency") or {}, done.get("throughput") or {}
    prompt = done.get("prompt_tokens") or done.get("prompt_len") or {}
    output = done.get("output_tokens") or done.get("output_len") or {}
    completed, rps = count(done, "count"), number(throughput, "requests_per_sec")
    osl = number(output, "mean")
    rate = finite(number(load, "requested_rate"))
    return Measurement(
        source=beside(path),
        tool=NAME,
        model=_model(path),
        isl=number(prompt, "mean"),
        osl=osl,
        completed=completed,
        failed=count(record.get("failures") or {}, "count") or 0,
        duration_s=number(record, "benchmark_time_seconds") or ratio(completed, rps),
        concurrency=None if rate else finite(number(load, "concurrency", "requested_concurrency")),
        rate_rps=rate,
        ttft=latency(latencies.get("time_to_first_token") or {}, "s"),
        tpot=_tpot(latencies, osl),
        request_rps=rps,
        output_tps=number(throughput, "output_tokens_per_sec"),
        input_tps=number(throughput, "input_tokens_per_sec"),
        input_cv=_spread(prompt),
        output_cv=_spread(output),
        cached_tokens=ratio(number(prompt, "cached"), completed) or 0.0,
    )


def _tpot(latencies: dict[str, Any], osl: float | None) -> Latency:
    """TPOT = (mean request latency - mean TTFT) / (mean output tokens - 1)."""
    stated = latency(latencies.get("time_per_output_token") or {}, "s")
    whole = number(latencies.get("request_latency") or {}, "mean")
    first = number(latencies.get("time_to_first_token") or {}, "mean")
    if whole is None or first is None or osl is None or osl <= 1:
        return stated
    mean = (whole - first) / (osl - 1)
    if stated.mean is not None and abs(stated.mean - mean) <= AGREE * mean:
        return Latency(mean, stated.p50, stated.p90, stated.p95, stated.p99)
    return Latency(mean)


def _spread(lengths: dict[str, Any]) -> float | None:
    """Coefficient of variation, as if normal: p10 and p90 lie 2.56 standard deviations apart."""
    low, high = number(lengths, "p10"), number(lengths, "p90")
    return None if low is None or high is None else ratio((high - low) / 2.56, number(lengths, "mean"))


def _model(path: Path) -> str:
    """Read the model's name from the config.yaml beside the stages, or above them."""
    for folder in path.resolve().parents[:2]:
        file = folder / "config.yaml"
        if file.exists():
            try:
                config = yaml.safe_load(file.read_text(encoding="utf-8"))
            except yaml.YAMLError:
                continue
            server = config.get("server") if isinstance(config, dict) else None
            return str((server or {}).get("model_name") or "")
    return ""
