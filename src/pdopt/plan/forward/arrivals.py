"""Decode: the TPOT of a batch that breathes with random arrivals."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, inf, log

import numpy as np
import numpy.typing as npt

from pdopt.plan.forward.batch import Points
from pdopt.plan.forward.line import Unpredictable, on_line

Floats = npt.NDArray[np.float64]


def open_tpot_s(points: Points, tokens_per_s: float, tail: float | None) -> float:
    """TPOT under random arrivals: its mean, or the (1 - tail) quantile of what an arriving request meets.

    A birth-death chain on the number of requests: births at the arrival rate, deaths at the speed of the batch (both
    in output tokens, so lengths cancel). Past the largest measured batch the speed stays, and the states beyond form
    a geometric series.
    """
    speeds = _speeds(points)
    if tokens_per_s <= 0:
        return float(1 / speeds[0])
    full, last = len(speeds), float(speeds[-1])
    if tokens_per_s >= last:
        return inf
    chances = _chances(speeds, tokens_per_s)  # states 0 .. full, relative
    ratio = tokens_per_s / last
    beyond = chances[-1] * ratio / (1 - ratio)  # all states past full together
    total = float(chances.sum()) + beyond
    if tail is None:
        present = float(chances @ np.arange(full + 1)) + beyond * (full + 1 / (1 - ratio))
        return float(present / total / tokens_per_s)
    return _quantile_s(chances / total, speeds, ratio, 1 - tail)


@lru_cache(maxsize=1024)
def _speeds(points: Points) -> Floats:
    """Output tokens per second of the instance at batches 1, 2, … up to the largest measured one."""
    batches, times = zip(*points, strict=True)
    if batches[-1] < 1:
        raise Unpredictable("the largest batch is below one request")
    return np.array([n / on_line(batches, times, max(float(n), batches[0])) for n in range(1, int(batches[-1]) + 1)])


def _chances(speeds: Floats, tokens_per_s: float) -> Floats:
    logs = np.concatenate([[0.0], np.cumsum(np.log(tokens_per_s / speeds))])
    return np.asarray(np.exp(logs - logs.max()))


def _quantile_s(chances: Floats, speeds: Floats, ratio: float, level: float) -> float:
    """Quantile of the TPOT met: an arrival that finds n requests makes them n + 1 (arrivals see time averages)."""
    full = len(speeds)
    met = np.arange(1, full + 1) / speeds
    order = np.argsort(met, kind="stable")
    reached = np.cumsum(chances[:-1][order])
    slowest = float(met[order][-1])
    if reached[-1] >= level * (1 - 1e-12):
        return float(met[order][int(np.searchsorted(reached, level * (1 - 1e-12)))])
    left = 1 - (level - float(reached[-1])) * (1 - ratio) / float(chances[-1])  # ratio ** (states past full needed)
    extra = ceil(log(left) / log(ratio) - 1e-9) if left > 0 else 0
    return max(slowest, (full + extra) / float(speeds[-1]))
