"""Decode: the TPOT of a batch that breathes with random arrivals."""

from __future__ import annotations

from math import exp, inf, log, log1p

from pdopt.plan.forward.batch import Points
from pdopt.plan.forward.line import Unpredictable, on_line


def open_tpot_s(points: Points, tokens_per_s: float, tail: float | None) -> float:
    """TPOT under random arrivals: its mean, or the quantile of what an arriving request meets.

    A processor-sharing queue with batch-dependent speed; states are summed one by one until they no longer count.
    """
    if tokens_per_s <= 0:
        return points[0][1]
    batches, times = zip(*points, strict=True)
    top = int(batches[-1] + 1e-9)
    if top < 1:
        raise Unpredictable("the largest batch is below one request")
    speed_limit = top / on_line(batches, times, max(float(top), batches[0]))
    if tokens_per_s >= speed_limit:
        return inf

    def tpot_at(n: int) -> float:
        return on_line(batches, times, max(float(n), batches[0])) if n <= top else n / speed_limit

    logs = [0.0]
    peak = 0.0
    while True:
        n = len(logs)
        logs.append(logs[-1] + log(tokens_per_s * tpot_at(n) / n))
        peak = max(peak, logs[-1])
        remaining = logs[-1] - log1p(-tokens_per_s / speed_limit)
        if (n > top and remaining < peak - 36) or n > 2_000_000:
            break
    weights = [exp(value - peak) for value in logs]
    total = sum(weights)
    if tail is None:
        return sum(n * w for n, w in enumerate(weights)) / total / tokens_per_s
    met = sorted((tpot_at(n + 1), w) for n, w in enumerate(weights))
    seen = 0.0
    for time, weight in met:
        seen += weight
        if seen >= (1 - tail) * total * (1 - 1e-12):
            return time
    return met[-1][0]
