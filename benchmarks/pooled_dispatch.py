"""How far pooled dispatch is from simulated pools: ``python benchmarks/pooled_dispatch.py [requests]``.

Poisson arrivals, gamma services of mean 1. A line shared by n servers (Kiefer and Wolfowitz) is what a router that
knows the work left at each instance achieves; one that only counts requests is simulated too. Times are wait and
service together, errors (predicted - simulated) / simulated: negative where a plan would promise too much.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.theory.pooling import central_waits, services, shortest_line_waits

from pdopt.plan.forward.pooled import Queues
from pdopt.plan.forward.queue import Arrivals

SERVERS = (1, 2, 4, 8, 16)
BUSY = (0.5, 0.7, 0.8, 0.9, 0.95)
CV2 = (0.0, 0.5, 1.0)
TAILS = {"mean": None, "p95": 0.05, "p99": 0.01}
BATCHES = 20


def main(requests: int) -> None:
    """Print a row per case, and the largest errors."""
    print("| cv2 | n | busy | wait / service | mean | ± | p95 | p99 | fewest requests: mean | p99 |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    errors = []
    for cv2 in CV2:
        for n in SERVERS:
            for busy in BUSY:
                row, cells = one(requests, (n, busy, cv2))
                errors.append(((cv2, n, busy), row))
                print(f"| {cv2:g} | {n} | {busy:g} | " + " | ".join(cells) + " |", flush=True)
    for cv2 in CV2:
        for statistic in TAILS:
            mine = [(row[statistic], where) for where, row in errors if where[0] == cv2]
            low, high = min(mine), max(mine)
            print(f"cv2 {cv2:g} {statistic}: {low[0]:+.1%} at n, busy = {low[1][1:]}; {high[0]:+.1%} at {high[1][1:]}")


def one(requests: int, case: tuple[int, float, float]) -> tuple[dict[str, float], list[str]]:
    """Simulate one case; give the errors, and the cells of its row."""
    n, busy, cv2 = case
    rng = np.random.default_rng([n, int(busy * 100), int(cv2 * 10)])
    gaps, works = rng.exponential(1 / (n * busy), requests), services(rng, requests, cv2)
    skipped = requests // 20
    waits = central_waits(gaps, works, n)[skipped:]
    times = waits + works[skipped:]
    fewest = (shortest_line_waits(gaps, works, n) + works)[skipped:]
    own = Arrivals(busy, 1.0, cv2)
    queues = Queues([own], n, [own])
    seen = {name: queues.wait_s() + 1 if t is None else queues.percentile_s(own, t) for name, t in TAILS.items()}
    means = [part.mean() for part in np.array_split(times, BATCHES)]
    spread = 2 * np.std(means, ddof=1) / BATCHES**0.5 / times.mean()
    errors = {name: seen[name] / statistic(times, tail) - 1 for name, tail in TAILS.items()}
    router = {name: seen[name] / statistic(fewest, tail) - 1 for name, tail in TAILS.items()}
    cells = [f"{waits.mean():.4f}", f"{errors['mean']:+.1%}", f"{spread:.1%}"]
    cells += [f"{errors[name]:+.1%}" for name in ("p95", "p99")]
    return errors, [*cells, f"{router['mean']:+.1%}", f"{router['p99']:+.1%}"]


def statistic(times: np.ndarray, tail: float | None) -> float:
    """Mean, or what all but a part stay within."""
    return float(times.mean() if tail is None else np.quantile(times, 1 - tail))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
