"""The latency that the performance model gives at one load: the formulas by which plans are audited, read forward."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import inf

from pdopt.plan.forward.arrivals import open_tpot_s
from pdopt.plan.forward.batch import Points, steady_tpot_s
from pdopt.plan.forward.line import on_line
from pdopt.plan.forward.queue import Arrivals, mean_wait_s, percentile_sojourn_s
from pdopt.studies.calibrate.observation import Observation

Values = Mapping[str, float]
FULL = 0.995  # of a queue's or an instance's limit: a fit goes on from there along a line


def ttft_s(at: Observation, values: Values) -> float:
    """Mean or percentile of TTFT: overhead, wait and service of an M/G/1 queue; infinite when it is overloaded."""
    own = Arrivals(at.load, at.service_s / values["speed"], values["variability"])
    if at.tail is None:
        return values["overhead"] + own.service_s + mean_wait_s((own,))
    return values["overhead"] + percentile_sojourn_s((own,), own, at.tail)


def ttft_on_s(at: Observation, values: Values) -> float:
    """TTFT, finite past the limit of the queue too: there it grows as it does at the limit."""
    most = FULL * values["speed"] / at.service_s
    if at.load <= most:
        return ttft_s(at, values)
    return ttft_s(_at(at, most), values) * (1 + (at.load / most - 1) / (1 - FULL))


def slowed(curve: Points, values: Values) -> Points:
    """Give a decode curve under interference: a factor, and a part of it that grows with the batch."""
    last = curve[-1][0]
    return tuple((b, t * values["interference"] * (1 + values["slope"] * b / last)) for b, t in curve)


def tpot_s(at: Observation, values: Values, decode_load: str) -> float:
    """Mean TPOT of one instance at its load, or at its batch where that was fixed; infinite when it is overloaded."""
    curve = slowed(at.curve, values)
    if at.batch is not None:
        batches, times = zip(*curve, strict=True)
        return on_line(batches, times, max(at.batch, batches[0])) if at.batch <= batches[-1] else inf
    return open_tpot_s(curve, at.load, None) if decode_load == "open" else steady_tpot_s(curve, at.load)


def tpot_on_s(at: Observation, values: Values, decode_load: str) -> float:
    """TPOT, finite past the limit of the instance too."""
    curve = slowed(at.curve, values)
    most = FULL * (curve[-1][0] / curve[-1][1] if decode_load == "open" else max(b / t for b, t in curve))
    if at.batch is not None or at.load <= most:
        return tpot_s(at, values, decode_load)
    return tpot_s(_at(at, most), values, decode_load) * (1 + (at.load / most - 1) / (1 - FULL))


def _at(observation: Observation, load: float) -> Observation:
    return replace(observation, load=load)
