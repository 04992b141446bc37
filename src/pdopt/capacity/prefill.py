"""Prefill: how much work a request is for a pool whose wait must stay within a bound.

An instance (or each of its ``dp`` attention data-parallel groups) is a queue with Poisson arrivals, one server and
service times of squared coefficient of variation v (Pollaczek and Khinchine; v = 1 is the M/M/1 of arXiv 2603.04716).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf, log

import numpy as np

from pdopt.capacity.refusal import OutOfRange, Unreachable
from pdopt.capacity.requirements import Requirement
from pdopt.fleet.fleet import Target, Workload
from pdopt.fleet.profiles import PrefillProfile


@dataclass(frozen=True)
class PrefillTask:
    """One workload on one prefill shape: service time of a queue and what TTFT spends elsewhere, in seconds."""

    service_s: float
    cv2: float
    overhead_s: float
    dp: int
    targets: tuple[Target, ...]

    @property
    def residual_s(self) -> float:
        """Mean remaining service an arrival meets, S (1 + v) / 2."""
        return self.service_s * (1 + self.cv2) / 2


def service_s(profile: PrefillProfile, workload: Workload) -> float:
    """Service time of one request in one queue: new tokens over the throughput measured at that length.

    Raises
    ------
    OutOfRange
        The length lies outside the measured ones; curves are never extrapolated.
    """
    length, measured = workload.new_tokens, profile.input_tokens
    if not measured[0] <= length <= measured[-1]:
        raise OutOfRange(f"prefill was measured at {_span(measured)} input tokens, not at {length:g}")
    return profile.shape.dp * length / float(np.interp(length, measured, profile.tokens_per_s))


def _span(values: tuple[float, ...]) -> str:
    return f"{values[0]:g}" if len(values) == 1 else f"{values[0]:g} to {values[-1]:g}"


@dataclass(frozen=True)
class TailBound:
    """One of two bounds on a percentile of TTFT, both of the form rho <= 1 - residual * steepness.

    ``sojourn``: with exponential service times (v = 1), wait and service together are at most exponential with mean
    R / (1 - rho), R the largest mean service in the pool; exact for one class.
    ``wait``: the wait alone has an exponential tail with mean R / (1 - rho), R the largest residual service,
    and the class's own mean service is added (docs/model.md, percentiles).
    """

    sojourn: bool

    def residual_s(self, task: PrefillTask) -> float:
        """Give what this task contributes to R."""
        return task.service_s if self.sojourn else task.residual_s

    def slack_s(self, task: PrefillTask, target: Target) -> float:
        """Give the part of the target that the bounded time may fill."""
        return target.bound_s - task.overhead_s - (0.0 if self.sojourn else task.service_s)

    def best_s(self, task: PrefillTask, target: Target) -> float:
        """Give the percentile this bound shows for an instance that has nothing else to do."""
        assert target.tail is not None
        elsewhere = task.overhead_s + (0.0 if self.sojourn else task.service_s)
        return elsewhere + self.residual_s(task) * log(1 / target.tail)

    def holds_for(self, task: PrefillTask) -> bool:
        """Whether the bound may be used in a pool with this task."""
        return task.cv2 == 1 or not self.sojourn


MEANS_ONLY = TailBound(sojourn=False)


def bounds_for(tasks: list[PrefillTask]) -> list[TailBound]:
    """Give the tail bounds worth trying: one when only means are asked for, else both."""
    if all(target.tail is None for task in tasks for target in task.targets):
        return [MEANS_ONLY]
    return [TailBound(sojourn=True), TailBound(sojourn=False)]


def requirement(task: PrefillTask, bound: TailBound, tails: bool) -> Requirement:
    """Give what the task asks of a pool: (wait_s,) or, with tails, (wait_s, -steepness, -residual).

    Raises
    ------
    Unreachable
        A target is below what an idle instance attains.
    """
    wait_s, steepness = inf, 0.0
    for target in task.targets:
        if target.tail is None:
            wait_s = min(wait_s, target.bound_s - task.overhead_s - task.service_s)
            if wait_s <= 0:
                raise Unreachable(target, task.overhead_s + task.service_s)
            continue
        slack_s = bound.slack_s(task, target)
        if not slack_s > bound.residual_s(task) * log(1 / target.tail):
            raise Unreachable(target, bound.best_s(task, target))
        steepness = max(steepness, log(1 / target.tail) / slack_s)
    return (wait_s, -steepness, -bound.residual_s(task)) if tails else (wait_s,)


def unreachable(task: PrefillTask, bound: TailBound) -> Iterator[Unreachable]:
    """Yield every target of the task that is below what an idle instance attains."""
    for target in task.targets:
        try:
            requirement(replace(task, targets=(target,)), bound, tails=True)
        except Unreachable as why:
            yield why


def loads(task: PrefillTask, required: Requirement) -> tuple[float, ...]:
    """Instances that one request per second of this task occupies, per limit of a pool run at `required`.

    With w the wait, S the service time and r the residual, a pool of n instances keeps its mean wait when
    ``sum x S (r + w) / (w dp) <= n`` (linear in the rates x; docs/model.md, lanes), and its tail when
    ``sum x S / (dp (1 - R q)) <= n``.
    """
    wait_s, *tail = required
    result = []
    if wait_s < inf:
        result.append(task.service_s * (task.residual_s + wait_s) / (wait_s * task.dp))
    if tail and tail[0] < 0:
        result.append(task.service_s / (task.dp * (1 - tail[0] * tail[1])))
    return tuple(result)


def can_run(required: Requirement) -> bool:
    """Whether any load at all keeps the tail part of a requirement."""
    return len(required) == 1 or required[1] * required[2] < 1
