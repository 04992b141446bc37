"""The hours of the day in a trace that is long enough to have them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pdopt.traces.clusters import Groups
from pdopt.traces.requests import Floats, Requests

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
LEAST_S = 20 * HOUR_S


@dataclass(frozen=True)
class Hour:
    """Mean rates in one hour of the day: of all requests and of each class; None in an hour the trace misses."""

    hour: int
    requests_per_second: float | None
    classes: dict[str, float]


def by_hour(requests: Requests, groups: Groups, names: list[str]) -> tuple[Hour, ...]:
    """Give mean rates per hour of the day (UTC; without dates, counted from the start) of a trace of a day."""
    if requests.span_s < LEAST_S:
        return ()
    offset_s = (requests.start_s or 0.0) % DAY_S
    seconds = _covered(requests.span_s, offset_s)
    hour = ((requests.arrival_s + offset_s) // HOUR_S % 24).astype(np.int64)
    counts = np.bincount(hour * len(names) + groups, minlength=24 * len(names)).reshape(24, len(names))
    found = []
    for i in range(24):
        rates_rps = {} if seconds[i] < 1 else {n: float(c / seconds[i]) for n, c in zip(names, counts[i], strict=True)}
        found.append(Hour(i, sum(rates_rps.values()) if rates_rps else None, rates_rps))
    return tuple(found)


def _covered(span_s: float, offset_s: float) -> Floats:
    """Give the seconds a trace spends in each of the 24 hours, when it starts `offset_s` after midnight."""
    whole, rest_s = divmod(span_s, DAY_S)
    seconds = np.full(24, whole * HOUR_S)
    for start, end in _pieces(offset_s % DAY_S, rest_s):
        seconds[int(start // HOUR_S) % 24] += end - start
    return seconds


def _pieces(start_s: float, length_s: float) -> Iterator[tuple[float, float]]:
    end_s = start_s + length_s
    while start_s < end_s:
        border = min((start_s // HOUR_S + 1) * HOUR_S, end_s)
        yield start_s, border
        start_s = border
