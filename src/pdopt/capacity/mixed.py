"""Mixed: an ordinary (not disaggregated) instance carries the rate up to which its measured latencies hold."""

from __future__ import annotations

import numpy as np

from pdopt.capacity.refusal import OutOfRange, Unreachable
from pdopt.fleet.fleet import Target, Workload
from pdopt.fleet.profiles import MixedCurve, MixedProfile


def mixed_curve(profile: MixedProfile, workload: Workload) -> MixedCurve:
    """Give the curve of the shortest measured lengths that cover the workload's, stating every statistic it targets.

    A request that is no longer in any respect (input, new input, output) and has no more images is less work at the
    same rate, so a curve of longer requests is on the safe side; shorter ones would be extrapolated, and are not used.

    Raises
    ------
    OutOfRange
        No such curve, or a statistic was not measured.
    """
    exact = profile.curve_at.get((workload.input_tokens, workload.output_tokens, workload.cached_tokens))
    if exact is not None and not workload.images:
        covering = [exact]
    else:
        covering = [curve for curve in profile.curves if _covers(curve, workload)]
    if not covering:
        wanted = (workload.input_tokens, workload.output_tokens, workload.cached_tokens)
        lengths = "{:g} input, {:g} output and {:g} cached tokens".format(*wanted)
        if workload.images:
            lengths += f" with {workload.images:g} images of {workload.image_tokens:g} tokens"
        raise OutOfRange(f"was not measured at {lengths}, nor at longer ones")
    curve = min(covering, key=_work_tokens)
    for target in workload.targets:
        if (target.metric, target.statistic) not in curve.latencies_s:
            raise OutOfRange(f"{target.metric.upper()} {target.statistic} was not measured")
    return curve


def _covers(curve: MixedCurve, workload: Workload) -> bool:
    computed = curve.input_tokens - curve.cached_tokens
    longer = curve.input_tokens >= workload.input_tokens and curve.output_tokens >= workload.output_tokens
    encoded = curve.images >= workload.images and curve.image_tokens >= workload.image_tokens
    return longer and computed >= workload.new_tokens and (encoded or not workload.images)


def _work_tokens(curve: MixedCurve) -> tuple[float, ...]:
    computed = curve.input_tokens - curve.cached_tokens
    lengths = (computed + curve.output_tokens, curve.input_tokens, curve.output_tokens)
    return *lengths, curve.images * curve.image_tokens, curve.images


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
