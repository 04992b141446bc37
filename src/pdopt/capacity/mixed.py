"""Mixed: an ordinary (not disaggregated) instance carries the rate up to which its measured latencies hold."""

from __future__ import annotations

import numpy as np

from pdopt.capacity.refusal import OutOfRange, Unreachable
from pdopt.fleet.fleet import Target, Workload
from pdopt.fleet.profiles import MixedCurve, MixedProfile


def mixed_curve(profile: MixedProfile, workload: Workload) -> MixedCurve:
    """Give the curve measured at exactly the workload's lengths, stating every statistic it targets.

    Raises
    ------
    OutOfRange
        No such curve, or a statistic was not measured.
    """
    wanted = (workload.input_tokens, workload.output_tokens, workload.cached_tokens)
    for curve in profile.curves:
        if (curve.input_tokens, curve.output_tokens, curve.cached_tokens) == wanted:
            for target in workload.targets:
                if (target.metric, target.statistic) not in curve.latencies_s:
                    raise OutOfRange(f"{target.metric.upper()} {target.statistic} was not measured")
            return curve
    raise OutOfRange(f"was not measured at {wanted[0]:g} input, {wanted[1]:g} output and {wanted[2]:g} cached tokens")


def highest_rate_rps(curve: MixedCurve, target: Target) -> float:
    """Largest rate up to which the measured latency keeps the target, linear between measured rates.

    Raises
    ------
    Unreachable
        Even the smallest measured rate misses the target.
    """
    rates = np.array(curve.rates_rps)
    latency_s = np.array(curve.latencies_s[target.metric, target.statistic])
    if latency_s[0] > target.bound_s:
        raise Unreachable(target, float(latency_s[0]))
    missed = np.flatnonzero(latency_s > target.bound_s)
    if not len(missed):
        return float(rates[-1])
    i = int(missed[0])
    part = (target.bound_s - latency_s[i - 1]) / (latency_s[i] - latency_s[i - 1])
    return float(rates[i - 1] + part * (rates[i] - rates[i - 1]))
