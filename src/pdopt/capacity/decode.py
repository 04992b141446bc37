"""Decode: output tokens per second of one instance at the best batch whose TPOT holds.

Curves are tables: TPOT may fall and throughput may drop as the batch grows, and nothing outside the measured
batches and contexts is assumed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pdopt.capacity.open_arrivals import open_throughput_tps
from pdopt.capacity.refusal import OutOfRange, Unreachable
from pdopt.fleet.fleet import Assumptions, Target, Workload
from pdopt.fleet.profiles import DecodeCurve, DecodeProfile

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class BatchCurve:
    """TPOT against batch for one workload: both arrays of equal length, batches ascending."""

    batches: Floats
    tpot_s: Floats


def batch_curve(profile: DecodeProfile, workload: Workload) -> BatchCurve:
    """Read the curve of a workload: as measured at its lengths, or between the two nearest mean contexts.

    Between two contexts TPOT is interpolated at equal batch, over the batches that both measured; KV memory caps
    the batch at ``kv_tokens / (input + output / 2)``.

    Raises
    ------
    OutOfRange
        The workload's context lies outside the measured ones, or its KV cache does not fit.
    """
    curve = _at_context(profile.curves, workload)
    if profile.kv_tokens is None:
        return curve
    cap = profile.kv_tokens / workload.context_tokens
    if cap < curve.batches[0]:
        raise OutOfRange(
            f"its KV cache of {profile.kv_tokens:g} tokens holds a batch of {cap:.3g}, "
            f"decode was measured from {curve.batches[0]:g}"
        )
    return _cut(curve, cap)


def _at_context(curves: tuple[DecodeCurve, ...], workload: Workload) -> BatchCurve:
    for curve in curves:
        if (curve.input_tokens, curve.output_tokens) == (workload.input_tokens, workload.output_tokens):
            return BatchCurve(np.array(curve.batches), np.array(curve.tpot_s))
    context = workload.context_tokens
    contexts = sorted({curve.context_tokens for curve in curves})
    if not contexts[0] <= context <= contexts[-1]:
        raise OutOfRange(f"decode was measured at mean contexts of {_span(contexts)} tokens, not at {context:g}")
    below = max(c for c in contexts if c <= context)
    above = min(c for c in contexts if c >= context)
    share = 0.0 if above == below else (context - below) / (above - below)
    return _between(_slowest(curves, below), _slowest(curves, above), share)


def _span(values: list[float]) -> str:
    return f"{values[0]:g}" if len(values) == 1 else f"{values[0]:g} to {values[-1]:g}"


def _slowest(curves: tuple[DecodeCurve, ...], context: float) -> BatchCurve:
    """Give the curve at one context; where two pairs of lengths share it, the slower at each common batch."""
    first, *others = (c for c in curves if c.context_tokens == context)
    result = BatchCurve(np.array(first.batches), np.array(first.tpot_s))
    for other in others:
        curve = BatchCurve(np.array(other.batches), np.array(other.tpot_s))
        grid, mine, theirs = _common(result, curve)
        result = BatchCurve(grid, np.maximum(mine, theirs))
    return result


def _between(low: BatchCurve, high: BatchCurve, share: float) -> BatchCurve:
    if share == 0.0:
        return low
    grid, below, above = _common(low, high)
    return BatchCurve(grid, (1 - share) * below + share * above)


def _common(one: BatchCurve, other: BatchCurve) -> tuple[Floats, Floats, Floats]:
    first = max(one.batches[0], other.batches[0])
    last = min(one.batches[-1], other.batches[-1])
    if first > last:
        raise OutOfRange("the batches measured at the two neighbouring contexts do not overlap")
    grid = np.union1d(one.batches, other.batches)
    grid = grid[(grid >= first) & (grid <= last)]
    return grid, np.interp(grid, one.batches, one.tpot_s), np.interp(grid, other.batches, other.tpot_s)


def _cut(curve: BatchCurve, cap: float) -> BatchCurve:
    if cap >= curve.batches[-1]:
        return curve
    kept = curve.batches < cap
    last = float(np.interp(cap, curve.batches, curve.tpot_s))
    return BatchCurve(np.append(curve.batches[kept], cap), np.append(curve.tpot_s[kept], last))


def throughput_tps(curve: BatchCurve, target: Target, assumptions: Assumptions) -> float:
    """Output tokens per second of one instance kept at the best load whose TPOT meets the target.

    Raises
    ------
    Unreachable
        The target is below the smallest TPOT of the curve.
    """
    best_s = float(curve.tpot_s.min())
    if target.bound_s < best_s:
        raise Unreachable(target, best_s)
    if assumptions.decode_load == "open":
        throughput = open_throughput_tps(tuple(curve.batches), tuple(curve.tpot_s), target)
        if throughput <= 0:
            raise Unreachable(target, float(curve.tpot_s[0]))
        return throughput
    if assumptions.decode_fit == "quadratic":
        return _quadratic_tps(curve, target.bound_s)
    return steady_throughput_tps(curve, target.bound_s)


def steady_throughput_tps(curve: BatchCurve, tpot_s: float) -> float:
    """Highest batch / TPOT among the batches whose TPOT is at most `tpot_s`, linear between measured batches.

    Within one segment throughput is monotone, so the best batch is a measured one or one where TPOT meets the bound.
    """
    candidates = curve.batches[curve.tpot_s <= tpot_s] / curve.tpot_s[curve.tpot_s <= tpot_s]
    rise = np.diff(curve.tpot_s)
    crosses = (curve.tpot_s[:-1] - tpot_s) * (curve.tpot_s[1:] - tpot_s) < 0
    part = (tpot_s - curve.tpot_s[:-1][crosses]) / rise[crosses]
    at_bound = (curve.batches[:-1][crosses] + part * np.diff(curve.batches)[crosses]) / tpot_s
    return float(np.concatenate([candidates, at_bound]).max())


def _quadratic_tps(curve: BatchCurve, tpot_s: float) -> float:
    """Quadratic of throughput over TPOT, fitted by least squares, as the demo of arXiv 2603.04716 does."""
    if len(np.unique(curve.tpot_s.round(9))) < 3:
        raise OutOfRange("decode_fit: quadratic needs at least three measured batches of different TPOT")
    fit = np.polynomial.Polynomial.fit(curve.tpot_s, curve.batches / curve.tpot_s, 2)
    last = min(tpot_s, float(curve.tpot_s.max()))
    turns = [float(root.real) for root in fit.deriv().roots() if abs(root.imag) < 1e-12]
    inside = [t for t in turns if curve.tpot_s.min() <= t <= last]
    best = max(float(fit(t)) for t in (float(curve.tpot_s.min()), last, *inside))
    if best <= 0:
        raise OutOfRange(f"decode_fit: quadratic gives no throughput up to {last * 1e3:.4g} ms; use linear")
    return best
