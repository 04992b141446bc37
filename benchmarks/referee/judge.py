"""From replayed requests to means and percentiles, start and end left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from benchmarks.referee.asking import Referee
from benchmarks.referee.cases import Case
from benchmarks.referee.deployment import Deployment
from benchmarks.referee.replay import Replay, replays

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """What a deployment showed, in seconds; `spread` is p99 of single seeds, the smallest and the largest."""

    requests: int
    ttft_mean_s: float
    ttft_p99_s: float
    ttft_spread_s: tuple[float, float]
    tpot_mean_s: float
    tpot_p99_s: float
    tpot_spread_s: tuple[float, float]


def steady(requests: Floats, warm_s: float) -> Floats:
    """Leave out who came while the system filled, or after the last arrivals but `warm_s`, when it emptied."""
    arrivals = requests[:, 0]
    kept = (arrivals >= arrivals[0] + warm_s) & (arrivals <= arrivals[-1] - warm_s)
    return requests[kept]


def warm_s(case: Case) -> float:
    """Time that a request takes at the targets: by then the decode batch is full."""
    return (case.targets_ms["ttft"] + case.workload["output_tokens"] * case.targets_ms["tpot"]) / 1e3


def replayed(referee: Referee, case: Case, deployment: Deployment) -> Seen:
    """Replay a deployment with every seed."""
    runs = [(replay, steady(referee.requests(replay), warm_s(case))) for replay in replays(case, deployment)]
    ttft, tpot = (_statistics(metric, runs) for metric in ("ttft", "tpot"))
    counted = sum(len(seen) for replay, seen in runs if "ttft" in replay.counts)
    return Seen(counted, *ttft, *tpot)


def _statistics(metric: str, runs: Iterable[tuple[Replay, Floats]]) -> tuple[float, float, tuple[float, float]]:
    """Mean and p99 over all seeds, and the least and largest p99 of a seed.

    Groups weigh by the requests per second they get, whatever number of theirs was replayed.
    """
    column = {"ttft": 1, "tpot": 2}[metric]
    times, weights, seeds = [], [], []
    for replay, seen in runs:
        if metric in replay.counts:
            group = replay.prefill if metric == "ttft" else replay.decode
            times.append(seen[:, column])
            weights.append(np.full(len(seen), group.rate_rps / len(seen)))
            seeds.append(np.full(len(seen), replay.seed))
    time, weight, seed = (np.concatenate(parts) for parts in (times, weights, seeds))
    each = [weighted_quantile(time[seed == one], weight[seed == one], 0.99) for one in np.unique(seed)]
    return (
        float(np.average(time, weights=weight)),
        weighted_quantile(time, weight, 0.99),
        (min(each), max(each)),
    )


def weighted_quantile(values: Floats, weights: Floats, level: float) -> float:
    """Smallest value that at least `level` of the weight does not exceed."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][int(np.searchsorted(reached, level * reached[-1] * (1 - 1e-12)))])
