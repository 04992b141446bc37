"""Decode under random arrivals: a processor-sharing queue whose speed depends on the batch.

Such a queue is insensitive to the distribution of output lengths (Kelly, symmetric queues):
``P(batch = n)`` is proportional to ``prod_{k=1..n} a b(k) / k`` with ``a`` the offered output tokens per second and
``b(k)`` the TPOT at batch k. Below the smallest measured batch its TPOT holds; past the largest, requests wait for a
slot and share: ``b(n) = b(K) n / K``.
"""

from __future__ import annotations

from functools import lru_cache
from math import floor, log

import numpy as np
import numpy.typing as npt

from pdopt.fleet.fleet import Target

Floats = npt.NDArray[np.float64]
GRID, HALVINGS = 200, 60


@lru_cache(maxsize=8192)
def open_throughput_tps(batches: tuple[float, ...], tpot_s: tuple[float, ...], target: Target) -> float:
    """Largest offered output tokens per second up to which every load keeps the target; 0 when none does."""
    last = floor(batches[-1])
    if last < 1:
        return 0.0
    table = np.interp(np.arange(1, last + 1), batches, tpot_s)
    saturation = last / float(table[-1])
    low, high = 0.0, saturation
    for load in (saturation * 1e-9, *(saturation * i / GRID for i in range(1, GRID))):
        if not _keeps(table, load, target):
            high = load
            break
        low = load
    if low == 0.0:
        return 0.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _keeps(table, middle, target) else (low, middle)
    return low


def _keeps(table: Floats, load_tps: float, target: Target) -> bool:
    weights, tail_ratio = _state_weights(table, load_tps)
    if target.tail is None:
        return _mean_tpot_s(weights, tail_ratio, load_tps) <= target.bound_s
    return _share_within(table, weights, tail_ratio, target.bound_s) >= 1 - target.tail


def _state_weights(table: Floats, load_tps: float) -> tuple[Floats, float]:
    """Relative probabilities of batches 0..K, largest 1, and the ratio of the geometric tail beyond K."""
    steps = np.log(table) - np.log(np.arange(1, len(table) + 1)) + log(load_tps)
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    return np.exp(logs - logs.max()), load_tps * float(table[-1]) / len(table)


def _mean_tpot_s(weights: Floats, ratio: float, load_tps: float) -> float:
    """Mean TPOT by Little's law: requests in the system over output tokens per second."""
    last, top = weights[-1], len(weights) - 1
    total = weights.sum() + last * ratio / (1 - ratio)
    present = weights @ np.arange(len(weights)) + last * (top * ratio / (1 - ratio) + ratio / (1 - ratio) ** 2)
    return float(present / total / load_tps)


def _share_within(table: Floats, weights: Floats, ratio: float, bound_s: float) -> float:
    """Share of arrivals that meet a batch (themselves included) whose TPOT is within the bound (PASTA)."""
    top = len(table)
    total = weights.sum() + weights[-1] * ratio / (1 - ratio)
    within = float(weights[:-1][table <= bound_s].sum())
    waiting = floor(bound_s * top / float(table[-1]) * (1 + 1e-12)) - top
    if waiting > 0:  # arrivals that find K + j requests meet b = b(K) (K + j + 1) / K, for j = 0 … waiting - 1
        within += float(weights[-1]) * (1 - ratio**waiting) / (1 - ratio)
    return within / float(total)
