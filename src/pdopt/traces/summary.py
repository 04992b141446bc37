"""What a trace is like: rates, burstiness, lengths, prefix cache, gaps."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pdopt.traces.arrivals import (
    FIVE_MINUTES_S,
    MINUTE_S,
    Silence,
    dispersion,
    gap_cv,
    silences,
    spread,
    tick_s,
    window_rates,
)
from pdopt.traces.requests import Refusal, Requests


@dataclass(frozen=True)
class Rates:
    """Requests per second: over the whole trace and in windows counted from its start."""

    mean: float
    peak_5_minutes: float
    p95_minute: float
    peak_minute: float


@dataclass(frozen=True)
class Lengths:
    """The distribution of a number of tokens; `cv2` is the squared coefficient of variation."""

    mean: float
    p50: float
    p90: float
    p95: float
    p99: float
    max: int
    cv2: float


@dataclass(frozen=True)
class Cache:
    """The prefix cache: shares of input tokens it answered and of requests it helped."""

    token_share: float
    request_share: float
    source: str


@dataclass(frozen=True)
class Summary:
    """A trace in numbers; None where the trace does not tell."""

    file: str
    kind: str
    requests: int
    start: str | None
    span_s: float
    rates_rps: Rates
    gap_cv: float
    minute_dispersion: float | None
    clock_tick_s: float | None
    input_tokens: Lengths
    output_tokens: Lengths
    new_tokens: Lengths | None
    correlation: float | None
    cache: Cache | None
    silences: tuple[Silence, ...]
    refusals: tuple[Refusal, ...]
    skipped: int
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return asdict(self)


def summarize(requests: Requests) -> Summary:
    """Summarise a trace."""
    arrival_s = requests.arrival_s
    tick = tick_s(arrival_s)
    fine_s = arrival_s if tick is None else spread(arrival_s, tick)
    return Summary(
        file=requests.file,
        kind=requests.kind,
        requests=len(requests),
        start=requests.start,
        span_s=requests.span_s,
        rates_rps=rates(requests),
        gap_cv=gap_cv(fine_s),
        minute_dispersion=dispersion(arrival_s),
        clock_tick_s=tick,
        input_tokens=lengths(requests.input_tokens),
        output_tokens=lengths(requests.output_tokens),
        new_tokens=None if requests.cached_tokens is None else lengths(requests.new_tokens),
        correlation=_correlation(requests),
        cache=_cache(requests),
        silences=tuple(silences(fine_s)),
        refusals=requests.refusals,
        skipped=requests.skipped,
        notes=requests.notes,
    )


def rates(requests: Requests) -> Rates:
    """Give the rates one may plan for."""
    minutes = window_rates(requests.arrival_s, MINUTE_S)
    return Rates(
        mean=len(requests) / requests.span_s,
        peak_5_minutes=float(window_rates(requests.arrival_s, FIVE_MINUTES_S).max()),
        p95_minute=float(np.percentile(minutes, 95)),
        peak_minute=float(minutes.max()),
    )


def lengths(tokens: NDArray[Any]) -> Lengths:
    """Describe a distribution of tokens; percentiles are linear between the two nearest requests."""
    p50, p90, p95, p99 = np.percentile(tokens, [50, 90, 95, 99])
    mean = float(np.mean(tokens))
    cv2 = float(np.var(tokens, dtype=np.float64)) / mean**2
    return Lengths(mean, float(p50), float(p90), float(p95), float(p99), int(tokens.max()), cv2)


def _correlation(requests: Requests) -> float | None:
    given, got = requests.input_tokens, requests.output_tokens
    if given.min() == given.max() or got.min() == got.max():
        return None
    return float(np.corrcoef(given, got)[0, 1])


def _cache(requests: Requests) -> Cache | None:
    cached = requests.cached_tokens
    if cached is None:
        return None
    of_tokens = float(cached.sum(dtype=np.int64) / requests.input_tokens.sum(dtype=np.int64))
    return Cache(of_tokens, float(np.count_nonzero(cached) / len(cached)), requests.cache_source)
