"""Workload classes of a trace: groups of similar requests with their means, shares, rates and variability."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pdopt.traces.clusters import Groups, group, sample
from pdopt.traces.hours import Hour, by_hour
from pdopt.traces.requests import Requests
from pdopt.traces.summary import rates

Statistic = Literal["mean", "peak-minute", "p95-minute", "hourly"]
HOURLY: Statistic = "hourly"

NARROW_CV2 = 0.3
MOST_AUTOMATIC = 6


@dataclass(frozen=True)
class WorkloadClass:
    """One class of requests.

    Attributes
    ----------
    prefill_service_cv2 : float
        Squared coefficient of variation of the input tokens to compute. Prefill takes time in proportion to them
        to first order, so it is that of the service time.
    far : int
        Requests whose input to compute is under half or over twice the mean of the class.
    """

    name: str
    requests: int
    share: float
    input_tokens: float
    output_tokens: float
    cached_tokens: float
    requests_per_second: float
    prefill_service_cv2: float
    input_p5_p95: tuple[float, float]
    output_p5_p95: tuple[float, float]
    far: int

    @property
    def new_tokens(self) -> float:
        """Mean input tokens to compute."""
        return self.input_tokens - self.cached_tokens


@dataclass(frozen=True)
class Workloads:
    """The classes of a trace and where their numbers come from."""

    file: str
    kind: str
    requests: int
    refused: int
    start: str | None
    span_s: float
    statistic: Statistic
    rate_rps: float
    mean_rps: float
    peak_minute_rps: float
    within_cv2: float
    cache_source: str
    classes: tuple[WorkloadClass, ...]
    hours: tuple[Hour, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        return asdict(self)


def workloads(requests: Requests, count: int | None, statistic: Statistic = "mean", prefix: str = "") -> Workloads:
    """Group a trace into workload classes.

    Parameters
    ----------
    requests : Requests
    count : int or None
        How many classes; None takes the fewest, up to six, whose `prefill_service_cv2` is under 0.3 on average.
    statistic : str
        The rate to share out: mean, that of the busiest minute, the 95th percentile of the minutes; or hourly, the
        mean with a rate for each hour of the day.
    prefix : str
        Put before the names of the classes.
    """
    stated = rates(requests)
    rate_rps = {"peak-minute": stated.peak_minute, "p95-minute": stated.p95_minute}.get(statistic, stated.mean)
    groups = _narrow(requests) if count is None else group(requests, count)
    order = np.argsort(_means(requests.new_tokens, groups), kind="stable")
    groups = np.argsort(order).astype(np.int8)[groups]
    classes: list[WorkloadClass] = []
    for i in range(len(order)):
        classes.append(_class(requests, groups == i, rate_rps, prefix, {known.name for known in classes}))
    return Workloads(
        file=requests.file,
        kind=requests.kind,
        requests=len(requests),
        refused=requests.refused,
        start=requests.start,
        span_s=requests.span_s,
        statistic=statistic,
        rate_rps=rate_rps,
        mean_rps=stated.mean,
        peak_minute_rps=stated.peak_minute,
        within_cv2=sum(known.share * known.prefill_service_cv2 for known in classes),
        cache_source=requests.cache_source,
        classes=tuple(classes),
        hours=by_hour(requests, groups, [known.name for known in classes]),
    )


def _narrow(requests: Requests) -> Groups:
    """Group into the fewest classes that are narrow, judged on a sample; if none are, into the narrowest."""
    some = sample(requests)
    within: dict[int, float] = {}
    for count in range(1, MOST_AUTOMATIC + 1):
        groups = group(some, count)
        within[count] = float(np.bincount(groups) / len(groups) @ _cv2(some.new_tokens, groups))
        if within[count] < NARROW_CV2:
            break
    return group(requests, min(within, key=lambda count: (within[count] >= NARROW_CV2, within[count])))


def _means(tokens: NDArray[Any], groups: Groups) -> NDArray[Any]:
    means: NDArray[Any] = np.bincount(groups, tokens) / np.bincount(groups)
    return means


def _cv2(tokens: NDArray[Any], groups: Groups) -> NDArray[Any]:
    means = _means(tokens, groups)
    away = (tokens - means[groups]) ** 2
    cv2: NDArray[Any] = np.bincount(groups, away) / np.bincount(groups) / means**2
    return cv2


def _class(requests: Requests, member: NDArray[Any], rate_rps: float, prefix: str, taken: set[str]) -> WorkloadClass:
    given, got, new = (
        column[member] for column in (requests.input_tokens, requests.output_tokens, requests.new_tokens)
    )
    mean_new = float(new.mean())
    share = len(given) / len(requests)
    return WorkloadClass(
        name=_name(float(given.mean()), float(got.mean()), prefix, taken),
        requests=len(given),
        share=share,
        input_tokens=float(given.mean()),
        output_tokens=float(got.mean()),
        cached_tokens=float(given.mean()) - mean_new,
        requests_per_second=share * rate_rps,
        prefill_service_cv2=float(new.var()) / mean_new**2,
        input_p5_p95=_range(given),
        output_p5_p95=_range(got),
        far=int(np.count_nonzero((new < mean_new / 2) | (new > 2 * mean_new))),
    )


def _range(tokens: NDArray[Any]) -> tuple[float, float]:
    low, high = np.percentile(tokens, [5, 95])
    return float(low), float(high)


def _name(input_tokens: float, output_tokens: float, prefix: str, taken: set[str]) -> str:
    name = f"{prefix}in{_two_digits(input_tokens)}-out{_two_digits(output_tokens)}"
    again = (f"{name}-{i}" for i in range(2, len(taken) + 3))
    return name if name not in taken else next(other for other in again if other not in taken)


def _two_digits(value: float) -> int:
    return int(float(f"{value:.1e}"))
