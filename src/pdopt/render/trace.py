"""A trace and its workload classes at a glance."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.render.text import Line, number, percent, table
from pdopt.traces.block import duration
from pdopt.traces.classes import Workloads
from pdopt.traces.summary import Lengths, Summary


def summary_lines(summary: Summary) -> Iterator[Line]:
    """Tell what a trace is like."""
    since = f", from {summary.start}" if summary.start else ""
    yield f"{summary.file}: {summary.requests:,} requests in {duration(summary.span_s)}{since} ({summary.kind})"
    yield ""
    rates = summary.rates_rps
    rows = [
        ["mean", number(rates.mean), "1"],
        ["busiest 5 minutes", number(rates.peak_5_minutes), f"{rates.peak_5_minutes / rates.mean:.2f}"],
        ["95 % of minutes below", number(rates.p95_minute), f"{rates.p95_minute / rates.mean:.2f}"],
        ["busiest minute", number(rates.peak_minute), f"{rates.peak_minute / rates.mean:.2f}"],
    ]
    yield table(["rate ", "req/s", "of the mean"], rows)
    yield ""
    header = ["tokens ", "mean", "p50", "p90", "p95", "p99", "max", "squared CV"]
    given = [("input", summary.input_tokens), ("to compute", summary.new_tokens), ("output", summary.output_tokens)]
    yield table(header, [_lengths(name, lengths) for name, lengths in given if lengths is not None])
    yield ""
    yield from _sentences(summary)


def _lengths(name: str, lengths: Lengths) -> list[str]:
    values = (lengths.mean, lengths.p50, lengths.p90, lengths.p95, lengths.p99, lengths.max)
    return [name, *map(number, values), number(lengths.cv2)]


def _sentences(summary: Summary) -> Iterator[str]:
    tick = summary.clock_tick_s
    spread = f"; its clock ticks every {tick:.3g} s, so they are spread evenly within a tick" if tick else ""
    yield f"gaps between arrivals: CV {number(summary.gap_cv)} (Poisson 1){spread}"
    if summary.minute_dispersion is not None:
        yield f"requests per minute: variance {number(summary.minute_dispersion)} times the mean (Poisson 1)"
    if summary.correlation is not None:
        yield f"input and output: correlation {summary.correlation:.2f}"
    if summary.cache is not None:
        shares = f"{percent(summary.cache.token_share)} of input tokens, in {percent(summary.cache.request_share)}"
        yield f"prefix cache: answers {shares} of requests ({summary.cache.source})"
    if summary.silences:
        total = sum(silence.seconds for silence in summary.silences)
        longest = max(summary.silences, key=lambda silence: silence.seconds)
        count = "1 silent gap" if len(summary.silences) == 1 else f"{len(summary.silences)} silent gaps"
        share = percent(total / summary.span_s)
        where = f"{duration(longest.seconds)} after {duration(longest.from_s)}"
        yield f"{count}, {duration(total)} in all ({share} of the trace), the longest {where}"
    if summary.skipped:
        yield f"{summary.skipped:,} rows record no request and were skipped"
    yield from map(str, summary.refusals)


def workloads_lines(found: Workloads) -> Iterator[Line]:
    """Tell the classes of a trace."""
    header = ["workload ", "share", "req/s", "input", "cached", "output", "cv2"]
    rows = [
        [
            known.name,
            f"{known.share:.1%}",
            number(known.requests_per_second),
            number(known.input_tokens),
            number(known.cached_tokens),
            number(known.output_tokens),
            number(known.prefill_service_cv2),
        ]
        for known in found.classes
    ]
    yield table(header, rows)
