"""Prefill and encode: the wait and the sojourn of one queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, log

from pdopt.fleet.fleet import Workload
from pdopt.fleet.profiles import EncodeProfile, PrefillProfile
from pdopt.plan.forward.line import on_line


@dataclass(frozen=True)
class Arrivals:
    """What one queue gets of one workload: rate, mean service time and its variability."""

    rate_rps: float
    service_s: float
    cv2: float


def prefill_service_s(profile: PrefillProfile, workload: Workload, slower: float) -> float:
    """Service time of a request on one queue of an instance that runs at 1/slower of its measured speed."""
    tokens = workload.input_tokens - workload.cached_tokens
    return tokens / on_line(profile.input_tokens, profile.tokens_per_s, tokens) * profile.shape.dp * slower


def encode_service_s(profile: EncodeProfile, workload: Workload, slower: float) -> float:
    """Time that the images of a request take on one queue of an instance at 1/slower of its measured speed."""
    images_per_s = on_line(profile.image_tokens, profile.images_per_s, workload.image_tokens)
    return workload.images / images_per_s * profile.shape.dp * slower


def mean_wait_s(arrivals: Sequence[Arrivals]) -> float:
    """Mean wait of an M/G/1 queue (Pollaczek and Khinchine); infinite when it is overloaded."""
    busy = sum(a.rate_rps * a.service_s for a in arrivals)
    second_moment = sum(a.rate_rps * a.service_s**2 * (1 + a.cv2) for a in arrivals)
    return inf if busy >= 1 else second_moment / 2 / (1 - busy)


def percentile_sojourn_s(arrivals: Sequence[Arrivals], own: Arrivals, tail: float) -> float:
    """Bound on the (1 - tail) quantile of wait plus service for one workload of an M/G/1 mix.

    The smaller of two bounds: all times at most exponential with the slowest mean service (exact for one M/M/1
    class; only when no service is more variable than exponential), or the exponential tail of the wait plus the mean
    service.
    """
    return min(sojourn_bounds_s(arrivals, own, tail))


def sojourn_bounds_s(arrivals: Sequence[Arrivals], own: Arrivals, tail: float) -> tuple[float, float]:
    """Give both bounds: (exponential sojourn, exponential wait plus service); infinite where one does not apply."""
    present = [a for a in (*arrivals, own) if a.rate_rps > 0 or a is own]
    idle = 1 - sum(a.rate_rps * a.service_s for a in arrivals)
    if idle <= 0:
        return inf, inf
    times = -log(tail) / idle
    slowest = max(a.service_s for a in present)
    residual = max(a.service_s * (1 + a.cv2) / 2 for a in present)
    whole = slowest * times if all(a.cv2 == 1 for a in present) else inf
    return whole, own.service_s + residual * times
