"""Mixed: the latencies of an ordinary (not disaggregated) instance at its rate."""

from __future__ import annotations

from math import inf

from pdopt.fleet.fleet import Workload
from pdopt.fleet.profiles import MixedCurve, MixedProfile
from pdopt.plan.forward.line import Unpredictable, on_line


def mixed_latency_s(curve: MixedCurve, key: tuple[str, str], rate_rps: float) -> float:
    """Latency measured at a rate on one ordinary instance; below the smallest measured rate that one's holds."""
    rates, latencies = _measurements(curve, key)
    if rate_rps > rates[-1] * (1 + 1e-9):
        return inf
    return on_line(rates, latencies, min(max(rate_rps, rates[0]), rates[-1]))


def mixed_capacity_rps(curve: MixedCurve, bounds: dict[tuple[str, str], float]) -> float:
    """Largest rate of one instance up to which all bounds hold."""
    capacity = inf
    for key, bound_s in bounds.items():
        rates, latencies = _measurements(curve, key)
        if latencies[0] > bound_s * (1 + 1e-12):
            return 0.0
        held = rates[0]
        for i in range(1, len(rates)):
            if latencies[i] > bound_s:
                fraction = (bound_s - latencies[i - 1]) / (latencies[i] - latencies[i - 1])
                held = rates[i - 1] + max(fraction, 0.0) * (rates[i] - rates[i - 1])
                break
            held = rates[i]
        capacity = min(capacity, held)
    return capacity


def mixed_measurements(profile: MixedProfile, workload: Workload) -> MixedCurve:
    """Give the curve measured at the workload's lengths, or at the least work of longer ones.

    Raises
    ------
    Unpredictable
        There is none.
    """
    plain = profile.curve_at.get((workload.input_tokens, workload.output_tokens, workload.cached_tokens))
    if plain is not None and workload.images == 0:  # nothing longer is less work
        return plain
    fitting = []
    for curve in profile.curves:
        computed = curve.input_tokens - curve.cached_tokens
        spare = (
            curve.input_tokens - workload.input_tokens,
            curve.output_tokens - workload.output_tokens,
            computed - (workload.input_tokens - workload.cached_tokens),
        )
        pictured = workload.images <= curve.images and workload.image_tokens <= curve.image_tokens
        if min(spare) >= 0 and (pictured or workload.images == 0):  # requests at least as long in every respect
            longest = (computed + curve.output_tokens, curve.input_tokens, curve.output_tokens)
            fitting.append((*longest, curve.image_tokens * curve.images, curve.images, curve))
    if not fitting:
        raise Unpredictable(f"{workload.name} is longer than anything measured")
    return min(fitting, key=lambda found: found[:5])[5]


def _measurements(curve: MixedCurve, key: tuple[str, str]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if key not in curve.latencies_s:
        raise Unpredictable(f"{key[0].upper()} {key[1]} was not measured at these lengths or longer ones")
    return curve.rates_rps, curve.latencies_s[key]
