"""The metric tables that GenAI-Perf and AIPerf share."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

from pdopt.catalogue.measured.measurement import Facts, Latency, Measurement, Unreadable
from pdopt.catalogue.measured.parsing import finite, latency, number, ratio

Load = tuple[float | None, float | None]
NAMES = {"total_input_sequence_length": "total_isl", "total_output_sequence_length": "total_osl"}
RATES = {"requests/sec", "tokens/sec", "per sec", "requests/s", "tokens/s"}


def measurement(
    table: dict[str, Any],
    *,
    source: str,
    tool: str,
    tool_version: str = "",
    model: str = "",
    date: str = "",
    load: Load | None = None,
) -> Measurement:
    """Turn a metric table into a measurement; without a stated load, requests in flight follow from Little's law."""
    requests = _count(table, "request_count")
    made = _count(table, "completed_request_count") or _count(table, "completed_requests")
    failed = _count(table, "error_request_count") or max((made or 0) - (requests or 0), 0)
    rps, isl = _rate(table, "request_throughput"), _tokens(table, "input_sequence_length")
    concurrency, rate = load or (_in_flight(table, rps), None)
    return Measurement(
        source=source,
        tool=tool,
        tool_version=tool_version,
        model=model,
        facts=Facts(date=date),
        isl=isl,
        osl=_tokens(table, "output_sequence_length"),
        completed=requests,
        failed=failed,
        duration_s=_latency(table, "benchmark_duration").mean or ratio(requests, rps),
        concurrency=concurrency,
        rate_rps=rate,
        ttft=_latency(table, "time_to_first_token"),
        tpot=_latency(table, "inter_token_latency"),
        request_rps=rps,
        output_tps=_rate(table, "output_token_throughput"),
        input_tps=_rate(table, "input_token_throughput") or (isl * rps if isl and rps else None),
        input_cv=_cv(table, "input_sequence_length"),
        output_cv=_cv(table, "output_sequence_length"),
        notes=_notes(table, isl, load),
    )


def closed_or_open_loop(concurrency: float | None, rate_rps: float | None) -> Load:
    """Give (concurrency, rate): a rate makes the loop open, whatever bound there is on the requests in flight."""
    return (None, finite(rate_rps)) if finite(rate_rps) else (finite(concurrency), None)


def models_of(config: dict[str, Any]) -> str:
    """Give the first model name of a configuration."""
    names = config.get("model_names") or (config.get("endpoint") or {}).get("model_names") or ()
    return str(names[0]) if names else ""


def csv_metrics(path: Path) -> dict[str, Any]:
    """Read the CSV export into the JSON export's form: two tables, a blank line between, units in the names."""
    table: dict[str, Any] = {}
    header: list[str] = []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for cells in csv.reader(stream):
            if cells and cells[0] == "Metric":
                header = ["avg" if cell == "Value" else cell for cell in cells]
            elif cells and header:
                name, _, unit = cells[0].partition("(")
                key = re.sub(r"\W+", "_", name.strip().lower())
                values = dict(zip(header[1:], cells[1:], strict=False))
                table[NAMES.get(key, key)] = {**values, "unit": unit.strip(" )")}
    return table


def _in_flight(table: dict[str, Any], rps: float | None) -> float | None:
    latency_s = _latency(table, "request_latency").mean
    return float(max(round(rps * latency_s), 1)) if rps and latency_s else None


def _notes(table: dict[str, Any], isl: float | None, load: Load | None) -> tuple[str, ...]:
    notes: tuple[str, ...] = () if load else ("the file states no load: requests in flight by Little's law",)
    server = _tokens(table, "usage_prompt_tokens")
    if server and isl and abs(server - isl) > 0.1 * isl:
        notes += (f"the server counted {server:.4g} input tokens per request",)
    return notes


def _entry(table: dict[str, Any], key: str) -> dict[str, Any]:
    found = table.get(key)
    return found if isinstance(found, dict) else {}


def _latency(table: dict[str, Any], key: str) -> Latency:
    entry = _entry(table, key)
    return latency(entry, str(entry.get("unit"))) if entry else Latency()


def _rate(table: dict[str, Any], key: str) -> float | None:
    entry = _entry(table, key)
    if entry and entry.get("unit") not in RATES:
        raise Unreadable(f"has {key} in {entry.get('unit')!r}, which is no rate known here")
    return number(entry, "avg")


def _tokens(table: dict[str, Any], key: str) -> float | None:
    return number(_entry(table, key), "avg")


def _cv(table: dict[str, Any], key: str) -> float | None:
    entry = _entry(table, key)
    return ratio(number(entry, "std"), number(entry, "avg"))


def _count(table: dict[str, Any], key: str) -> int | None:
    value = number(_entry(table, key), "avg")
    return None if value is None else round(value)
