"""Decode by the quadratic fit of the demo of arXiv 2603.04716."""

from __future__ import annotations

from math import inf

from pdopt.plan.forward.batch import Points


def quadratic_tpot_s(points: Points, tokens_per_s: float) -> float:
    """As `steady_tpot_s`, on the least-squares quadratic of throughput over TPOT (normal equations, in ms)."""
    times = [t * 1e3 for _, t in points]
    a, b, c = _least_squares_quadratic(times, [batch / t for batch, t in points])
    low, high = min(times), max(times)
    enough = tokens_per_s * (1 - 1e-9)
    if a * low**2 + b * low + c >= enough:
        return low / 1e3
    disc = b * b - 4 * a * (c - tokens_per_s)
    if disc < 0:
        vertex = -b / (2 * a)
        return vertex / 1e3 if low <= vertex <= high and c - b * b / 4 / a >= enough else inf
    roots = [(-b + sign * disc**0.5) / (2 * a) for sign in (-1, 1)] if abs(a) > 1e-15 else [(tokens_per_s - c) / b]
    return min((r for r in roots if low <= r <= high * (1 + 1e-12)), default=inf) / 1e3


def _least_squares_quadratic(xs: list[float], ys: list[float]) -> tuple[float, float, float]:
    shift = sum(xs) / len(xs)
    us = [x - shift for x in xs]
    m = [sum(u**k for u in us) for k in range(5)]
    v = [sum(y * u**k for u, y in zip(us, ys, strict=True)) for k in range(3)]
    det = _det3([[m[4], m[3], m[2]], [m[3], m[2], m[1]], [m[2], m[1], m[0]]])
    a = _det3([[v[2], m[3], m[2]], [v[1], m[2], m[1]], [v[0], m[1], m[0]]]) / det
    b = _det3([[m[4], v[2], m[2]], [m[3], v[1], m[1]], [m[2], v[0], m[0]]]) / det
    c = _det3([[m[4], m[3], v[2]], [m[3], m[2], v[1]], [m[2], m[1], v[0]]]) / det
    return a, b - 2 * a * shift, c - b * shift + a * shift * shift


def _det3(rows: list[list[float]]) -> float:
    (a, b, c), (d, e, f), (g, h, i) = rows
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
