"""``evalscope perf``: benchmark_summary.json, with benchmark_percentile.json and benchmark_args.json beside it.

Names and units changed between versions ("Average time to first token (s)", "TTFT (ms)", "Avg TTFT (ms)"):
names are matched without their decoration, and the unit is read from each key.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pdopt.catalogue.measured.measurement import Facts, Latency, Measurement
from pdopt.catalogue.measured.parsing import beside, day, finite, ratio, read_json, seconds

NAME = "evalscope perf"
ALIASES = {
    "time to first token": "ttft",
    "time per output token": "tpot",
    "time taken for tests": "duration",
    "test duration": "duration",
    "number of concurrency": "concurrency",
    "succeed requests": "succeeded",
    "success requests": "succeeded",
    "request throughput": "rps",
    "req throughput": "rps",
    "output token throughput": "output throughput",
    "input tokens per request": "input tokens",
    "output tokens per request": "output tokens",
    "kv cache hit rate": "cached",
}
Readings = dict[str, tuple[float, str]]


def detects(path: Path, head: str) -> bool:
    """Whether this is the summary of one run."""
    return head.lstrip().startswith("{") and {"ttft", "tpot", "concurrency", "duration"} <= set(
        _readings(dict.fromkeys(re.findall(r'"([^"]+)"\s*:', head), 0.0))
    )


def read(path: Path) -> list[Measurement]:
    """Give the run."""
    summary = _readings(read_json(path))
    percentiles = _percentiles(path.with_name("benchmark_percentile.json"))
    args = path.with_name("benchmark_args.json")
    config = read_json(args) if args.exists() else {}
    isl = _plain(summary, "input tokens")
    rps = _plain(summary, "rps")
    return [
        Measurement(
            source=beside(path),
            tool=NAME,
            model=str(config.get("model_id") or config.get("model") or ""),
            facts=Facts(date=day(config.get("outputs_dir"))),
            isl=isl,
            osl=_plain(summary, "output tokens"),
            completed=round(_plain(summary, "succeeded") or 0),
            failed=round(_plain(summary, "failed requests") or 0),
            duration_s=_seconds(summary, "duration"),
            concurrency=None if finite(_plain(summary, "request rate")) else finite(_plain(summary, "concurrency")),
            rate_rps=finite(_plain(summary, "request rate")),
            ttft=_latency(summary, percentiles, "ttft"),
            tpot=_latency(summary, percentiles, "tpot"),
            request_rps=rps,
            output_tps=_plain(summary, "output throughput"),
            input_tps=isl * rps if isl and rps else None,
            input_cv=_spread(percentiles, "input tokens"),
            output_cv=_spread(percentiles, "output tokens"),
            cached_tokens=(isl or 0.0) * (_plain(summary, "cached") or 0.0) / 100,
        )
    ]


def _readings(record: dict[str, Any]) -> Readings:
    """Key each number by its undecorated name: ``Avg TTFT (ms)`` → ttft, with its unit."""
    found: Readings = {}
    for key, value in record.items():
        parts = re.fullmatch(r"(?:avg|average)?\s*(.*?)\s*(?:\(([^)]*)\))?", key.strip().lower())
        if parts and isinstance(value, int | float):
            found.setdefault(ALIASES.get(parts[1], parts[1]), (float(value), parts[2] or ""))
    return found


def _percentiles(path: Path) -> dict[str, Readings]:
    """Read the percentiles, by label (``99%``)."""
    rows = read_json(path) if path.exists() else []
    return {str(row.get("Percentiles")): _readings(row) for row in rows}


def _plain(readings: Readings, name: str) -> float | None:
    return readings[name][0] if name in readings else None


def _seconds(readings: Readings, name: str) -> float | None:
    return seconds(*readings[name]) if name in readings else None


def _latency(summary: Readings, percentiles: dict[str, Readings], name: str) -> Latency:
    tails = {f"p{level}": _seconds(percentiles.get(f"{level}%", {}), name) for level in (50, 90, 95, 99)}
    return Latency(mean=_seconds(summary, name), **tails)


def _spread(percentiles: dict[str, Readings], name: str) -> float | None:
    """Coefficient of variation of lengths, as if normal: p10 and p90 lie 2.56 standard deviations apart."""
    low, middle, high = (_plain(percentiles.get(label, {}), name) for label in ("10%", "50%", "90%"))
    return None if low is None or high is None else ratio((high - low) / 2.56, middle)
