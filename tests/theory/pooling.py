"""M/M/n, M/G/n and their simulation for tests: sums and recursions that share nothing with pdopt."""

from __future__ import annotations

import heapq
from math import exp, factorial

import numpy as np


def erlang_c(n: int, a: float) -> float:
    """Erlang's formula as its sum."""
    full = a**n / factorial(n) * n / (n - a)
    return full / (sum(a**k / factorial(k) for k in range(n)) + full)


def wait(n: int, classes) -> float:
    """Allen and Cunneen's mean wait of n servers; classes are (rate, mean service, cv2)."""
    a = sum(x * s for x, s, _ in classes)
    if a >= n:
        return float("inf")
    residual = sum(x * s * s * (1 + v) / 2 for x, s, v in classes) / a
    return erlang_c(n, a) * residual / (n - a)


def sojourn_tail(n: int, a: float, s: float, t: float) -> float:
    """P(wait + service > t) in M/M/n, the textbook's mixture of exponentials."""
    c, mu, theta = erlang_c(n, a), 1 / s, (n - a) / s
    return (1 - c) * exp(-mu * t) + c * (theta * exp(-mu * t) - mu * exp(-theta * t)) / (theta - mu)


def carried(n: int, holds) -> float:
    """Largest a below n for which a condition holds, by halving."""
    low, high = 0.0, float(n) * (1 - 1e-9)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if middle and holds(middle) else (low, middle)
    return low


def services(rng: np.random.Generator, count: int, cv2: float) -> np.ndarray:
    """Service times of mean 1: constant, gamma or exponential."""
    return np.ones(count) if cv2 == 0 else rng.gamma(1 / cv2, cv2, count)


def central_waits(gaps, works, n: int) -> np.ndarray:
    """Waits of n servers with one line (Kiefer and Wolfowitz): whoever is free first takes the next request.

    A router that knows how much work is left and sends each request where there is least gives the same waits.
    """
    free = [0.0] * n
    waits, now = np.empty(len(gaps)), 0.0
    for i, (gap, work) in enumerate(zip(gaps.tolist(), works.tolist(), strict=True)):
        now += gap
        start = max(now, free[0])
        waits[i] = start - now
        heapq.heapreplace(free, start + work)
    return waits


def least_work_waits(gaps, works, n: int) -> np.ndarray:
    """Waits where each of n servers has a line of its own and a router sends requests to the least work left."""
    left, waits = [0.0] * n, np.empty(len(gaps))
    for i, (gap, work) in enumerate(zip(gaps.tolist(), works.tolist(), strict=True)):
        left = [max(w - gap, 0.0) for w in left]
        chosen = left.index(min(left))
        waits[i] = left[chosen]
        left[chosen] += work
    return waits


def shortest_line_waits(gaps, works, n: int) -> np.ndarray:
    """Waits where a router sends requests to the server with the fewest, knowing nothing of their work."""
    lines: list[list[float]] = [[] for _ in range(n)]  # when each request in a line is done
    waits, now, turn = np.empty(len(gaps)), 0.0, 0
    for i, (gap, work) in enumerate(zip(gaps.tolist(), works.tolist(), strict=True)):
        now += gap
        for line in lines:
            while line and line[0] <= now:
                line.pop(0)
        chosen = min(range(n), key=lambda k: (len(lines[k]), (k - turn) % n))
        turn = chosen + 1
        start = max(lines[chosen][-1] if lines[chosen] else now, now)
        waits[i] = start - now
        lines[chosen].append(start + work)
    return waits
