"""Decode: the TPOT of a steady batch that yields the wanted output tokens per second."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import inf

from pdopt.fleet.fleet import Workload
from pdopt.fleet.profiles import DecodeProfile
from pdopt.plan.forward.line import Unpredictable, on_line

Points = tuple[tuple[float, float], ...]  # (batch, TPOT in seconds), batches ascending


def decode_points(profile: DecodeProfile, workload: Workload) -> Points:
    """TPOT against batch at the workload's lengths."""
    points = _points_at(profile, workload)
    if profile.kv_tokens is not None:
        cap = profile.kv_tokens / (workload.input_tokens + workload.output_tokens / 2)
        batches, times = zip(*points, strict=True)
        if cap < batches[0]:
            raise Unpredictable(f"the KV cache holds a batch of {cap:.3g}, below every measured one")
        if cap < batches[-1]:
            points = (*((b, t) for b, t in points if b < cap), (cap, on_line(batches, times, cap)))
    return points


def slowed(points: Points, slower: float) -> Points:
    """Give the same on an instance at 1/slower of its measured speed."""
    return tuple((batch, time * slower) for batch, time in points)


def _points_at(profile: DecodeProfile, workload: Workload) -> Points:
    lengths = (workload.input_tokens, workload.output_tokens)
    context = lengths[0] + lengths[1] / 2
    by_context: dict[float, list[Points]] = {}
    for curve in profile.curves:
        points = tuple(zip(curve.batches, curve.tpot_s, strict=True))
        if (curve.input_tokens, curve.output_tokens) == lengths:
            return points
        by_context.setdefault(curve.input_tokens + curve.output_tokens / 2, []).append(points)
    if context in by_context:
        return _merge(by_context[context], max)
    lower = [c for c in by_context if c < context]
    upper = [c for c in by_context if c > context]
    if not lower or not upper:
        raise Unpredictable(f"decode was not measured at a mean context of {context:g} tokens")
    near, far = max(lower), min(upper)
    part = (context - near) / (far - near)
    sides = [_merge(by_context[near], max), _merge(by_context[far], max)]
    return _merge(sides, lambda times: times[0] * (1 - part) + times[1] * part)


def _merge(curves: list[Points], combine: Callable[[list[float]], float]) -> Points:
    """Combine curves at equal batch, over the batches they all cover."""
    if len(curves) == 1:
        return curves[0]
    first, last = max(c[0][0] for c in curves), min(c[-1][0] for c in curves)
    if first > last:
        raise Unpredictable("the measured batches do not overlap")
    grid = sorted({b for curve in curves for b, _ in curve if first <= b <= last})
    columns = [tuple(zip(*curve, strict=True)) for curve in curves]
    return tuple((b, combine([on_line(bs, ts, b) for bs, ts in columns])) for b in grid)


def steady_tpot_s(points: Points, tokens_per_s: float) -> float:
    """Smallest TPOT at which a steady batch yields the wanted output tokens per second; infinite when none does.

    On a segment TPOT = a + c batch the wanted throughput is met at batch = a tokens / (1 - c tokens).
    """
    enough = tokens_per_s * (1 - 1e-12)
    best = min((t for b, t in points if b / t >= enough), default=inf)
    for (b0, t0), (b1, t1) in pairwise(points):
        slope = (t1 - t0) / (b1 - b0)
        if tokens_per_s > 0 and slope * tokens_per_s != 1:
            batch = (t0 - slope * b0) * tokens_per_s / (1 - slope * tokens_per_s)
            if b0 <= batch <= b1:
                best = min(best, batch / tokens_per_s)
    return best
