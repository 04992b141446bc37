"""Pooled dispatch: a pool as one queue with many servers, which carries more than as many queues of one server.

What n instances carry grows faster than n and is no coefficient, but a table over n. For one workload the table is
exact (of the Allen and Cunneen wait). A mix of services has a limit that bends inwards; a table and fixed loads keep a
tangent of it: on the safe side, and several slopes are offered (docs/model.md, pooled dispatch).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import inf, log

import numpy as np
import numpy.typing as npt

from pdopt.capacity.erlang import Floats, exceeds, most_load, spare
from pdopt.capacity.prefill import PrefillTask, TailBound
from pdopt.capacity.refusal import Unreachable
from pdopt.capacity.requirements import Requirement
from pdopt.fleet.fleet import Target

COUNTS = 32  # instances up to which tables go; beyond, each further one carries as much more as the last
BALANCED_AT = (1, 2, 5, 16)  # instances at which a slope suits short and long services alike
SEARCHES = 80
GOLDEN = (5**0.5 - 1) / 2


def requirement(task: PrefillTask) -> Requirement:
    """Give what a task asks of a pooled pool: (wait_s, -steepness, -residual_s).

    Raises
    ------
    Unreachable
        A target is below what an idle instance attains.
    """
    for why in unreachable(task):
        raise why
    means = (t.bound_s - task.overhead_s - task.service_s for t in task.targets if t.tail is None)
    steep = (log(1 / t.tail) / (t.bound_s - _idle_s(task, t)) for t in task.targets if t.tail is not None)
    return min(means, default=inf), -max(steep, default=0.0), -task.residual_s


def unreachable(task: PrefillTask) -> Iterator[Unreachable]:
    """Yield every target of the task that is below what an idle instance attains."""
    for target in task.targets:
        if target.bound_s <= _idle_s(task, target):
            yield Unreachable(target, _idle_s(task, target))


def _idle_s(task: PrefillTask, target: Target) -> float:
    spread = 0.0 if target.tail is None else task.cv2**0.5
    longest = 1 - spread + (spread * log(1 / target.tail) if target.tail is not None else 0.0)
    return task.overhead_s + task.service_s * longest


def slopes(wait_s: float, residuals_s: tuple[float, float], dp: int) -> list[float]:
    """Give weights of time against variance in the loads of a mean wait: 1 for one service, where none matters."""
    least, most = (residual / wait_s for residual in residuals_s)
    if wait_s == inf or most <= least * (1 + 1e-9):
        return [1.0]
    servers = np.array(BALANCED_AT[1:] if dp == 1 else BALANCED_AT, dtype=float) * dp
    short, long = _loads_at(servers, least), _loads_at(servers, most)
    return [float(slope) for slope in (long * most - short * least) / (short - long)]


def mean_wait_load(task: PrefillTask, wait_s: float, slope: float) -> float:
    """Instances' worth of one request per second against a mean wait; with slope 1 that of split dispatch."""
    return task.service_s * (task.residual_s / wait_s / slope + 1) / task.dp


def mean_wait_sizes(wait_s: float, residuals_s: tuple[float, float], slope: float, dp: int) -> tuple[float, ...]:
    """Give the work that 1, 2, … instances carry within a mean wait, whatever the mix of residuals in a range.

    On the edge, where the residual over the wait is ``s = (n - a) / C(n, a)``, the work is ``a (s / slope + 1)``; the
    least of it over the mixes counts. It has one valley, and is searched by golden section.
    """
    servers = np.arange(1, COUNTS + 1, dtype=float) * dp
    low, high = (_loads_at(servers, residual / wait_s) for residual in reversed(residuals_s))

    def work(load: Floats) -> Floats:
        return np.asarray(load * (spare(servers, load) / slope + 1))

    least = np.minimum(work(low), work(high))
    for _ in range(SEARCHES if (high - low).max() > 1e-9 else 0):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        lower = work(left) < work(right)
        low, high = np.where(lower, low, left), np.where(lower, right, high)
    return _convex(np.minimum(least, work((low + high) / 2)) / dp)


def tail_load(task: PrefillTask) -> float:
    """Instances that one request per second keeps busy."""
    return task.service_s / task.dp


def tail_sizes(tasks: Iterable[PrefillTask]) -> tuple[float, ...]:
    """Give the busy instances at which 1, 2, … of them keep the percentiles of all tasks."""
    tasks = list(tasks)
    dp, residual_s = tasks[0].dp, max(task.residual_s for task in tasks)
    servers = np.arange(1, COUNTS + 1, dtype=float) * dp
    asked = [(task, target, target.tail) for task in tasks for target in task.targets if target.tail is not None]

    def holds(load: Floats) -> npt.NDArray[np.bool_]:
        kept = np.ones(len(load), dtype=bool)
        for task, target, tail in asked:
            service, time_s = (task.service_s, task.cv2), target.bound_s - task.overhead_s
            kept &= exceeds(servers, load, residual_s, service, time_s) <= tail
        return kept

    most = most_load(servers, holds)
    if dp == 1:
        most[0] = _alone(asked)
    return _convex(most / dp)


def _alone(asked: list[tuple[PrefillTask, Target, float]]) -> float:
    """Give the busy part of a single queue, by the better of the bounds of split dispatch."""
    best = 0.0
    for bound in (TailBound(sojourn=True), TailBound(sojourn=False)):
        if all(bound.holds_for(task) for task, *_ in asked):
            slacks = [(bound.slack_s(task, target), log(1 / tail)) for task, target, tail in asked]
            if all(slack_s > 0 for slack_s, _ in slacks):
                steepness = max(times / slack_s for slack_s, times in slacks)
                best = max(best, 1 - max(bound.residual_s(task) for task, *_ in asked) * steepness)
    return best


def _loads_at(servers: Floats, residual_per_wait: float) -> Floats:
    return most_load(servers, lambda load: spare(servers, load) >= residual_per_wait)


def _convex(sizes: Floats) -> tuple[float, ...]:
    """Give the largest table below this one whose steps never shrink: sizes of 0 and more instances."""
    points: list[tuple[int, float]] = [(0, 0.0)]
    for count, size in enumerate(sizes, start=1):
        points.append((count, float(size)))
        while len(points) > 2 and _bends_down(*points[-3:]):
            del points[-2]
    counts, kept = zip(*points, strict=True)
    return tuple(float(size) for size in np.interp(np.arange(1, len(sizes) + 1), counts, kept))


def _bends_down(first: tuple[int, float], second: tuple[int, float], third: tuple[int, float]) -> bool:
    return (second[1] - first[1]) * (third[0] - second[0]) > (third[1] - second[1]) * (second[0] - first[0])
