"""One decode instance: its TPOT curve for a workload, and the throughput it carries within a target."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np


@dataclass(frozen=True)
class Curve:
    """TPOT against batch, linear between knots; `largest_batch` is where measurement or KV memory ends."""

    batches: tuple
    tpots_s: tuple
    largest_batch: float

    def tpot_s(self, batch):
        """TPOT at a batch; the smallest measured batch answers for smaller ones."""
        return float(np.interp(batch, self.batches, self.tpots_s))


def curve_of(profile, workload):
    """The profile's curve at the workload's lengths; None where it was not measured."""
    curves = {}
    for row in profile.rows:
        curves.setdefault((row["input_tokens"], row["output_tokens"]), []).append((row["batch"], row["tpot_ms"] / 1000))
    lengths = (workload.input_tokens, workload.output_tokens)
    points = sorted(curves[lengths]) if lengths in curves else _between(curves, workload.context_tokens)
    if not points:
        return None
    batches, tpots_s = zip(*points, strict=True)
    memory_tokens = min(row.get("kv_tokens", math.inf) for row in profile.rows)
    return Curve(batches, tpots_s, min(batches[-1], memory_tokens / workload.context_tokens))


def _between(curves, context_tokens):
    """Points of the curve at a context between measured ones, on the batches both neighbours share."""
    by_context = {inputs + outputs / 2: sorted(points) for (inputs, outputs), points in curves.items()}
    if context_tokens in by_context:
        return by_context[context_tokens]
    shorter = max((context for context in by_context if context < context_tokens), default=None)
    longer = min((context for context in by_context if context > context_tokens), default=None)
    if shorter is None or longer is None:
        return None
    low, high = (np.array(by_context[context]) for context in (shorter, longer))
    first, last = max(low[0, 0], high[0, 0]), min(low[-1, 0], high[-1, 0])
    weight = (context_tokens - shorter) / (longer - shorter)
    knots = sorted({first, last, *low[:, 0], *high[:, 0]})
    return [
        (float(b), float((1 - weight) * np.interp(b, *low.T) + weight * np.interp(b, *high.T)))
        for b in knots
        if first <= b <= last
    ]


def steady_tps(curve, target_s, quadratic=False):
    """Highest throughput of a steady batch whose TPOT is within the target; 0 where there is none."""
    if quadratic:
        return _quadratic_tps(curve, target_s)
    knots = [batch for batch in curve.batches if batch <= curve.largest_batch]
    if not knots:
        return 0.0
    if curve.largest_batch > knots[-1]:
        knots.append(curve.largest_batch)
    # Throughput is monotone along a segment, so the best batch is a knot or where the target is crossed.
    best_tps = max((batch / curve.tpot_s(batch) for batch in knots if curve.tpot_s(batch) <= target_s), default=0.0)
    for left, right in pairwise(knots):
        low_s, high_s = curve.tpot_s(left), curve.tpot_s(right)
        if min(low_s, high_s) <= target_s < max(low_s, high_s):
            crossing = left + (right - left) * (target_s - low_s) / (high_s - low_s)
            best_tps = max(best_tps, crossing / target_s)
    return best_tps


def _quadratic_tps(curve, target_s):
    """The demo's way: throughput as a quadratic of TPOT, fitted to the knots, never beyond them."""
    fit = np.polyfit(curve.tpots_s, np.divide(curve.batches, curve.tpots_s), min(2, len(curve.batches) - 1))
    fastest_s = min(curve.tpots_s)
    slowest_s = min(target_s, max(curve.tpots_s), curve.tpot_s(curve.largest_batch))
    if target_s < fastest_s or curve.largest_batch < curve.batches[0]:
        return 0.0
    candidates_s = [fastest_s, slowest_s, *(float(root.real) for root in np.roots(np.polyder(fit)))]
    return max(float(np.polyval(fit, s)) for s in candidates_s if fastest_s <= s <= slowest_s)
