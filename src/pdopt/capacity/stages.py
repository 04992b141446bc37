"""Encode and prefill ends that a request with images may pass one after the other, and the times they need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from math import floor, log
from typing import NamedTuple, TypeVar

from pdopt.capacity import prefill
from pdopt.capacity.encode import embedding_transfer_s, encode_service_s
from pdopt.capacity.handover import Handover, overhead_s
from pdopt.capacity.permitted import End, latency_s, may_serve
from pdopt.capacity.refusal import OutOfRange
from pdopt.fleet.fleet import Fleet, Llm, Target, Workload
from pdopt.fleet.profiles import EncodeProfile, PrefillProfile

COUNTS = 4  # whole numbers of instances whose times are looked up, per stage and mix
ROOM = 1 + 1e-8  # in rates: whole counts that a split is made for carry them without hitting the solver's tolerances
WIDEST = 50  # counts beyond the least that are tried: further on, one instance more or less matters little
LEAST_ROOM = 1e-3  # of the wait under another split: one so short takes a thousand times the instances

Key = TypeVar("Key")

Seconds = tuple[float, ...]  # one number per TTFT target
Mix = tuple[tuple[float, prefill.PrefillTask], ...]  # rates and tasks that share a pool


class Pair(NamedTuple):
    """An encode and a prefill end that can serve a workload together."""

    encode: Stage
    prefill: Stage
    prefill_end: End


@dataclass(frozen=True)
class Stage:
    """A workload at one end: its own task there, and the mixes that its pool may carry."""

    own: prefill.PrefillTask
    mixes: tuple[Mix, ...]

    @cached_property
    def least_s(self) -> Seconds:
        """The least that each target could be."""
        return least_s(self.own)

    def at_counts(self, most: Seconds) -> Iterator[Seconds]:
        """Yield what each target is on the smallest whole numbers of instances that keep it below `most`."""
        for mix in self.mixes:
            first, found = floor(_work(mix)) + 1, 0
            for count in range(first, first + WIDEST) if _work(mix) else ():
                times = self._times_s(mix, count)
                if all(time_s < limit_s for time_s, limit_s in zip(times, most, strict=True)):
                    yield times
                    found += 1
                if found == COUNTS:
                    break

    def _times_s(self, mix: Mix, count: int) -> Seconds:
        idle = 1 - _work(mix) / count
        wait_s = sum(rate * t.service_s * t.residual_s / t.dp for rate, t in mix) / count / idle
        sojourn = all(task.cv2 == 1 for _, task in mix)
        slowest_s = max(task.service_s if sojourn else task.residual_s for _, task in mix)
        before_tail_s = self.own.overhead_s + (0.0 if sojourn else self.own.service_s)
        mean_s = self.own.overhead_s + self.own.service_s + wait_s
        return tuple(
            mean_s if target.tail is None else before_tail_s + slowest_s * log(1 / target.tail) / idle
            for target in self.own.targets
        )


def least_s(task: prefill.PrefillTask) -> Seconds:
    """Give the least that each target of a task could be: what an idle instance attains."""
    bound = prefill.TailBound(sojourn=task.cv2 == 1)  # the tighter one of the two, where it holds
    idle_s = task.overhead_s + task.service_s
    return tuple(idle_s if target.tail is None else bound.best_s(task, target) for target in task.targets)


def with_room(tasks: dict[Key, prefill.PrefillTask]) -> dict[Key, prefill.PrefillTask]:
    """Leave out the splits of a workload that give an end next to no time to wait, beside others that do."""
    rooms = {
        key: min(target.bound_s - least for target, least in zip(task.targets, least_s(task), strict=True))
        for key, task in tasks.items()
    }
    most = max(rooms.values(), default=0.0)
    return {key: task for key, task in tasks.items() if rooms[key] > 0 and rooms[key] >= most * LEAST_ROOM}


def _work(mix: Mix) -> float:
    return sum(rate * task.service_s / task.dp for rate, task in mix)


def halved(target: Target, bound_s: float) -> Target:
    """Give a stage's own target: the mean, or the percentile that half as many may exceed."""
    statistic = target.statistic if target.tail is None else f"p{100 - 50 * target.tail:g}"
    return Target(target.metric, statistic, bound_s)


def pairs(fleet: Fleet, llm: Llm, workload: Workload, stages: tuple[Handover, list[Handover]]) -> Iterator[Pair]:
    """Yield the pairs of an intake that a workload may use, once for each way on to decode."""
    intake, ways = stages
    encoders = {profile.shape: profile for profile in llm.encode}
    prefills = {profile.shape: profile for profile in llm.prefill}
    for sku, shape in intake.ends:
        for way in ways if may_serve(fleet, workload, sku) else ():
            for (encode_sku, encode_shape), gb_per_s in intake.reach_gb_per_s.items():
                if (sku, shape) not in way.reach_gb_per_s or not may_serve(fleet, workload, encode_sku):
                    continue
                sent_s = embedding_transfer_s(llm, workload, gb_per_s)
                spent_s = overhead_s(fleet, llm, workload, way.reach_gb_per_s[sku, shape])
                spent_s += latency_s(fleet, workload, sku)
                before = _stage(fleet, workload, _encode_task(encoders[encode_shape], sent_s))
                after = _stage(fleet, workload, _prefill_task(prefills[shape], spent_s))
                if before is not None and after is not None:
                    yield Pair(before, after, (sku, shape))


TaskOf = Callable[[Workload], prefill.PrefillTask | None]


def _encode_task(profile: EncodeProfile, sent_s: float) -> TaskOf:
    def task(workload: Workload) -> prefill.PrefillTask | None:
        if not workload.images:
            return None
        try:
            service_s = encode_service_s(profile, workload)
        except OutOfRange:
            return None
        cv2 = workload.encode_service_cv2
        return prefill.PrefillTask(service_s, cv2, sent_s, profile.shape.dp, _targets(workload))

    return task


def _prefill_task(profile: PrefillProfile, spent_s: float) -> TaskOf:
    def task(workload: Workload) -> prefill.PrefillTask | None:
        try:
            service_s = prefill.service_s(profile, workload)
        except OutOfRange:
            return None
        cv2 = workload.prefill_service_cv2
        return prefill.PrefillTask(service_s, cv2, spent_s, profile.shape.dp, _targets(workload))

    return task


def _stage(fleet: Fleet, workload: Workload, task_of: TaskOf) -> Stage | None:
    own = task_of(workload)
    if own is None:
        return None
    mates = [other for other in fleet.workloads.values() if other.llm == workload.llm]
    tasks = {mate.name: task for mate in mates if (task := task_of(mate)) is not None}
    alone = _mix(fleet, {workload.name: own})
    return Stage(own, (alone,) if len(tasks) == 1 else (alone, _mix(fleet, tasks)))


def _mix(fleet: Fleet, tasks: dict[str, prefill.PrefillTask]) -> Mix:
    """Give the rates at which some workloads must be served together, as many of them at their worst as may be."""
    work = {name: _peak_rps(fleet, name) * task.service_s / task.dp for name, task in tasks.items()}
    more = fleet.uncertainty.among(tasks)
    worst = sorted(more, key=lambda name: -more[name] * work[name])[: fleet.uncertainty.workloads]
    growth = {name: 1 + more[name] for name in worst}
    return tuple((_peak_rps(fleet, name) * growth.get(name, 1.0) * ROOM, task) for name, task in tasks.items())


def _peak_rps(fleet: Fleet, name: str) -> float:
    """Largest rate that must be served (under a budget: that comes)."""
    served = 1.0 if fleet.budget_usd_per_h is not None else fleet.workloads[name].min_served
    return max(fleet.rates_rps(name).values()) * served


def _targets(workload: Workload) -> tuple[Target, ...]:
    return tuple(halved(target, target.bound_s) for target in workload.targets_of("ttft"))
