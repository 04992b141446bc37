"""GuideLLM: benchmarks.json (metadata version 1 or 2) and benchmarks.csv.

``inter_token_latency_ms`` is the TPOT of pdopt; ``time_per_output_token_ms`` contains the first token.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from pdopt.catalogue.measured.measurement import Facts, Latency, Measurement, Unreadable
from pdopt.catalogue.measured.parsing import beside, count, day, finite, has, number, ratio, read_json, seconds

NAME = "guidellm"
QUANTILES = ("min", "p001", "p01", "p05", "p10", "p25", "p75", "p90", "p95", "p99", "max")
COLUMNS = {
    "time_to_first_token_ms": "Time to First Token/Successful ms",
    "inter_token_latency_ms": "Inter Token Latency/Successful ms",
    "prompt_token_count": "Token Metrics/Successful Input Tokens",
    "output_token_count": "Token Metrics/Successful Output Tokens",
    "requests_per_second": "Server Throughput/Successful Requests/Sec",
}


def detects(path: Path, head: str) -> bool:
    """Whether this is a GuideLLM report."""
    if head.lstrip().startswith("{"):
        return has(head, "guidellm_version") or (has(head, "benchmarks") and "generative_benchmark" in head)
    return head.startswith("Run Info,") and "Inter Token Latency" in head


def read(path: Path) -> list[Measurement]:
    """Give every benchmark of the report."""
    if path.suffix == ".csv":
        return _read_csv(path)
    report = read_json(path)
    metadata = report.get("metadata") or {}
    return [_benchmark(record, metadata, report, path) for record in report.get("benchmarks") or ()]


def _benchmark(record: dict[str, Any], metadata: dict[str, Any], report: dict[str, Any], path: Path) -> Measurement:
    config = record.get("config") or record.get("args") or {}
    strategy = config.get("strategy") or {}
    metrics = record.get("metrics") or {}
    totals = metrics.get("request_totals") or (record.get("run_stats") or {}).get("requests_made") or {}
    backend = config.get("backend") or (report.get("args") or {})
    return _measurement(
        {key: _successful(metrics, key) for key in COLUMNS},
        source=beside(path),
        tool_version=str(metadata.get("guidellm_version") or ""),
        model=str(backend.get("model") or "") if isinstance(backend, dict) else "",
        date=day(record.get("start_time")),
        load=_load(str(strategy.get("type_") or ""), strategy),
        completed=count(totals, "successful"),
        failed=count(totals, "errored") or 0,
        duration_s=number(record, "duration"),
    )


def _successful(metrics: dict[str, Any], key: str) -> dict[str, Any]:
    found = (metrics.get(key) or {}).get("successful") or {}
    return {**found, **(found.get("percentiles") or {})}


def _measurement(
    metrics: dict[str, dict[str, Any]],
    *,
    load: tuple[float | None, float | None],
    date: str,
    **stated: Any,
) -> Measurement:
    isl, osl = (number(metrics[key], "mean") for key in ("prompt_token_count", "output_token_count"))
    rps = ratio(stated["completed"], stated["duration_s"]) or number(metrics["requests_per_second"], "mean")
    return Measurement(
        tool=NAME,
        facts=Facts(date=date),
        isl=isl,
        osl=osl,
        concurrency=load[0],
        rate_rps=load[1],
        ttft=_latency(metrics["time_to_first_token_ms"]),
        tpot=_latency(metrics["inter_token_latency_ms"]),
        request_rps=rps,
        output_tps=rps * osl if rps and osl else None,
        input_tps=rps * isl if rps and isl else None,
        input_cv=ratio(number(metrics["prompt_token_count"], "std_dev"), isl),
        output_cv=ratio(number(metrics["output_token_count"], "std_dev"), osl),
        **stated,
    )


def _latency(entry: dict[str, Any]) -> Latency:
    return Latency(**{name: seconds(number(entry, name), "ms") for name in ("mean", "p50", "p90", "p95", "p99")})


def _load(kind: str, strategy: dict[str, Any]) -> tuple[float | None, float | None]:
    """Read a strategy: synchronous and concurrent hold requests in flight, constant and poisson ask for a rate."""
    if kind == "synchronous":
        return 1.0, None
    if kind == "throughput":
        return finite(number(strategy, "max_concurrency")), None
    if kind == "concurrent":
        return finite(number(strategy, "streams", "max_concurrency", "rate")), None
    return None, finite(number(strategy, "rate", "initial_rate"))


def _read_csv(path: Path) -> list[Measurement]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    if len(rows) < 3:
        raise Unreadable("has no three rows of headers")
    names = [f"{group}/{name}" for group, name in zip(rows[0], rows[1], strict=False)]
    return [_csv_row(names, rows[2], cells, path) for cells in rows[3:]]


def _csv_row(names: list[str], statistics: list[str], cells: list[str], path: Path) -> Measurement:
    table: dict[str, dict[str, Any]] = defaultdict(dict)
    for name, statistic, cell in zip(names, statistics, cells, strict=False):
        table[name].setdefault(statistic, cell)
    kind, _, level = table["Benchmark/Strategy"][""].partition("@")
    backend, metadata = (json.loads(table[name][""]) for name in ("Run Info/Backend", "Runtime Info/Metadata"))
    return _measurement(
        {key: _csv_metric(table[name]) for key, name in COLUMNS.items()},
        source=beside(path),
        tool_version=str(metadata.get("guidellm_version") or ""),
        model=str(backend.get("model") or ""),
        date=day(table["Timings/Start Time"][""]),
        load=_load(kind, {"streams": level, "rate": level, "max_concurrency": level}),
        completed=count(table["Request Counts/Successful"], ""),
        failed=count(table["Request Counts/Errored"], "") or 0,
        duration_s=number(table["Timings/Duration"], "Sec"),
    )


def _csv_metric(column: dict[str, Any]) -> dict[str, Any]:
    """Read a metric's cells; the list of eleven percentiles leaves out the median, which has a column of its own."""
    quantiles = json.loads(column.get("Percentiles") or "[]")
    return {
        "p50": column.get("Median"),
        "mean": column.get("Mean"),
        "std_dev": column.get("Std Dev"),
        **(dict(zip(QUANTILES, quantiles, strict=True)) if len(quantiles) == len(QUANTILES) else {}),
    }
