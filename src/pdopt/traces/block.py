"""The ``workloads:`` block of a fleet file, with comments that say where its numbers come from."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from pdopt.traces.arrivals import MINUTE_S
from pdopt.traces.classes import WorkloadClass, Workloads
from pdopt.traces.hours import DAY_S, HOUR_S, Hour
from pdopt.traces.periods import hourly, known_hours, period_lines, wrapped

Slo = dict[str, float]

BEGINS = "# Workloads from "
HEADING = re.compile(  # any line of a heading
    rf"{BEGINS}|# [\d,]+ requests in |# They share |# \(mean .*, each by its share|# prefill_service_cv2 is the squared"
    r"|# the time to prefill a request is|# cached_tokens: |# Mean requests per second by hour|#   (?:00-11|12-23): "
    r"|# requests_per_second: one mean rate per period"
)
ENTRY = re.compile(r"# [\d,]+ of [\d,]+ requests \(")  # the first comment in an entry

STATISTICS = {
    "mean": "the mean rate of the trace",
    "peak-minute": "the rate of its busiest minute",
    "p95-minute": "the 95th percentile of its rates per minute",
    "hourly": "the mean rate of the trace",
}


def block(found: Workloads, model: str, slo: Slo) -> str:
    """Write the block; the same trace gives the same text."""
    return "\n".join([*heading(found), *sections(found), *entries(found, model, slo, "  ")]) + "\n"


def sections(found: Workloads) -> Iterator[str]:
    """Write what stands before the entries: the periods, if there are rates for them, and the name of the section."""
    if hourly(found):
        yield from period_lines(found)
    yield "workloads:"


def heading(found: Workloads) -> Iterator[str]:
    """Say where the workloads come from."""
    since = f" from {found.start}" if found.start else ""
    refused = f" ({found.refused:,} rows refused)" if found.refused else ""
    yield f"{BEGINS}{found.file} ({found.kind}):"
    yield f"# {found.requests:,} requests in {duration(found.span_s)}{since}{refused}."
    yield f"# They share {figure(found.rate_rps)} requests per second, {STATISTICS[found.statistic]}"
    mean, peak = figure(found.mean_rps), figure(found.peak_minute_rps)
    yield f"# (mean {mean}, busiest minute {peak}), each by its share of the requests."
    yield "# prefill_service_cv2 is the squared coefficient of variation of the input tokens to compute within a class:"
    yield "# the time to prefill a request is proportional to them, to first order."
    if found.cache_source:
        yield f"# cached_tokens: {found.cache_source}."
    clock = "of the day (UTC)" if found.start else "from the start of the trace, days laid over one another"
    if hourly(found):
        yield f"# requests_per_second: one mean rate per period, the hours {clock}."
    elif found.hours:
        yield f"# Mean requests per second by hour {clock}:"
        yield from _by_hour(found.hours, None)


def entries(found: Workloads, model: str, slo: Slo, indent: str) -> Iterator[str]:
    """Write one entry per class, indented."""
    targets = ", ".join(f"{key}: {_plain(value)}" for key, value in slo.items())
    for known in found.classes:
        yield f"{indent}{known.name}:"
        lines = [*_comments(known, found), f"model: {_text(model)}", *_numbers(known, found), f"slo: {{{targets}}}"]
        yield from (f"{indent}  {line}" for line in lines)


def _comments(known: WorkloadClass, found: Workloads) -> Iterator[str]:
    yield f"# {known.requests:,} of {found.requests:,} requests ({known.share:.1%}), 90 % of them with"
    yield f"# input {_range(known.input_p5_p95)} and output {_range(known.output_p5_p95)};"
    yield f"# {known.far:,} ({known.far / known.requests:.1%}) compute under half or over twice the mean input"
    if found.hours and not hourly(found):
        yield from _by_hour(found.hours, known.name)


def _numbers(known: WorkloadClass, found: Workloads) -> Iterator[str]:
    yield f"input_tokens: {known.input_tokens:.2f}"
    yield f"output_tokens: {known.output_tokens:.2f}"
    if known.cached_tokens:
        yield f"cached_tokens: {known.cached_tokens:.2f}"
    if hourly(found):
        rates = [_plain(hour.classes[known.name]) for hour in known_hours(found)]
        yield from wrapped("requests_per_second: [", rates, "]")
    else:
        yield f"requests_per_second: {_plain(known.requests_per_second)}"
    yield f"prefill_service_cv2: {_plain(known.prefill_service_cv2)}"


def _by_hour(hours: tuple[Hour, ...], name: str | None) -> Iterator[str]:
    for start in (0, 12):
        values = (
            "-"
            if hour.requests_per_second is None
            else figure(hour.classes[name] if name else hour.requests_per_second)
            for hour in hours[start : start + 12]
        )
        yield f"#   {start:02}-{start + 11}: {' '.join(values)}"


def duration(seconds: float) -> str:
    """Write a span as people say it."""
    if seconds >= 2 * DAY_S:
        return f"{seconds / DAY_S:.1f} days"
    if seconds >= 2 * HOUR_S:
        return f"{seconds / HOUR_S:.1f} h"
    return f"{seconds / MINUTE_S:.1f} min" if seconds >= 2 * MINUTE_S else f"{seconds:.3g} s"


def figure(value: float) -> str:
    """Three significant digits, without an exponent."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _range(ends: tuple[float, float]) -> str:
    return f"{ends[0]:,.0f} to {ends[1]:,.0f}"


def _plain(value: float) -> str:
    """Write six significant digits as YAML reads a number."""
    text = f"{value:.6g}"
    return text if "e" not in text else f"{value:.12f}".rstrip("0")


def _text(value: str) -> str:
    return str(yaml.safe_dump(value, width=10_000)).removesuffix("\n").removesuffix("\n...")
