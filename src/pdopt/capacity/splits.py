"""How encode and prefill share the TTFT of requests with images.

Both stages are queues, and what they take together must stay within the target. A request takes one of finitely many
*splits*: each gives encode a part of every target, and prefill the rest. Means add up; for percentiles each stage may
exceed its part with half of the tail, because ``P(A + B > a + b) <= P(A > a) + P(B > b)`` (docs/epd.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import log
from typing import NamedTuple

from pdopt.capacity import prefill
from pdopt.capacity.encode import embedding_transfer_s, encode_service_s
from pdopt.capacity.handover import Handover, overhead_s
from pdopt.capacity.permitted import End, latency_s, may_serve
from pdopt.capacity.refusal import OutOfRange, Refusal, Unreachable
from pdopt.fleet.fleet import Fleet, Llm, Target, Workload

STEP = 2.0
ODDS = tuple(STEP**i for i in range(-4, 5))  # slack of encode to slack of prefill
Seconds = tuple[float, ...]  # one number per TTFT target


@dataclass(frozen=True)
class Split:
    """What encode and prefill may take of each TTFT target.

    Attributes
    ----------
    intake : Handover
        The prefill ends it leads to, and the encode ends that reach them.
    encode, prefill : tuple of Target
        In the order of the workload's targets; percentiles with half of the tail each.
    """

    name: str
    intake: Handover
    encode: tuple[Target, ...]
    prefill: tuple[Target, ...]

    def looser_than(self, other: Split) -> bool:
        """Whether encode has more of some target and less of none, on the same way to prefill."""
        pairs = [(mine.bound_s, yours.bound_s) for mine, yours in zip(self.encode, other.encode, strict=True)]
        more = all(mine >= yours for mine, yours in pairs) and any(mine > yours for mine, yours in pairs)
        return more and self.intake is other.intake


class Pair(NamedTuple):
    """An encode and a prefill end: the least that each takes of every target, and where prefill stands."""

    encode_s: Seconds
    prefill_s: Seconds
    prefill_end: End


def halved(target: Target, bound_s: float) -> Target:
    """Give a stage's own target: the mean, or the percentile that half as many may exceed."""
    statistic = target.statistic if target.tail is None else f"p{100 - 50 * target.tail:g}"
    return Target(target.metric, statistic, bound_s)


def least_s(task: prefill.PrefillTask) -> Seconds:
    """Give the least that each target of a task could be."""
    bound = prefill.TailBound(sojourn=task.cv2 == 1)  # the tighter one of the two, where it holds
    idle_s = task.overhead_s + task.service_s
    return tuple(idle_s if target.tail is None else bound.best_s(task, target) for target in task.targets)


def splits_of(
    fleet: Fleet, llm: Llm, stages: tuple[list[Handover], list[Handover]], refusals: list[Refusal]
) -> dict[str, tuple[Split, ...]]:
    """Give the splits of every workload with images.

    Parameters
    ----------
    stages : (intakes, handovers)
        Ways from encode to prefill, and from prefill to decode.
    refusals : list of Refusal
        Takes the prefill ends on which no encode end leaves enough of a target.
    """
    found = {}
    for workload in fleet.workloads.values():
        if workload.llm == llm.name and workload.images:
            pairs = {intake: list(_pairs(fleet, llm, workload, intake, stages[1])) for intake in stages[0]}
            refusals += _refusals(workload, [pair for some in pairs.values() for pair in some])
            found[workload.name] = tuple(_splits(workload, pairs))
    return found


def _pairs(fleet: Fleet, llm: Llm, workload: Workload, intake: Handover, ways: list[Handover]) -> Iterator[Pair]:
    encoders = {profile.shape: profile for profile in llm.encode}
    prefills = {profile.shape: profile for profile in llm.prefill}
    targets = tuple(halved(target, target.bound_s) for target in workload.targets_of("ttft"))
    for sku, shape in intake.ends:
        for way in ways if may_serve(fleet, workload, sku) else ():
            for (encode_sku, encode_shape), gb_per_s in intake.reach_gb_per_s.items():
                if (sku, shape) not in way.reach_gb_per_s or not may_serve(fleet, workload, encode_sku):
                    continue
                try:
                    encode_s = encode_service_s(encoders[encode_shape], workload)
                    prefill_s = prefill.service_s(prefills[shape], workload)
                except OutOfRange:
                    continue
                sent_s = embedding_transfer_s(llm, workload, gb_per_s)
                way_s = overhead_s(fleet, llm, workload, way.reach_gb_per_s[sku, shape])
                spent_s = way_s + latency_s(fleet, workload, sku)
                before = prefill.PrefillTask(encode_s, workload.encode_service_cv2, sent_s, encode_shape.dp, targets)
                after = prefill.PrefillTask(prefill_s, workload.prefill_service_cv2, spent_s, shape.dp, targets)
                yield Pair(least_s(before), least_s(after), (sku, shape))


def _splits(workload: Workload, pairs: dict[Handover, list[Pair]]) -> Iterator[Split]:
    targets = workload.targets_of("ttft")
    used = [intake for intake, some in pairs.items() if any(_slack_s(targets, pair) for pair in some)]
    names: set[str] = set()
    for intake in used:
        for parts in _parts(targets, pairs[intake]):
            name = f"within {parts[0] * 1e3:.4g} ms" + (f" to {intake.name}" if len(used) > 1 else "")
            name = name if name not in names else f"{name} ({len(names) + 1})"
            names.add(name)
            encode = tuple(halved(target, part) for target, part in zip(targets, parts, strict=True))
            rest = tuple(halved(target, target.bound_s - part) for target, part in zip(targets, parts, strict=True))
            yield Split(name, intake, encode, rest)


def _slack_s(targets: tuple[Target, ...], pair: Pair) -> Seconds:
    """Give what the two leave of each target; nothing where they leave none of some."""
    slack = tuple(t.bound_s - e - p for t, e, p in zip(targets, pair.encode_s, pair.prefill_s, strict=True))
    return slack if min(slack) > 0 else ()


def _parts(targets: tuple[Target, ...], pairs: Iterable[Pair]) -> list[Seconds]:
    """Give what encode may take of each target: every pair's slack in all ``ODDS``, where nothing near is there."""
    open_pairs = sorted({(_slack_s(targets, pair), pair.encode_s) for pair in pairs if _slack_s(targets, pair)})
    found: list[Seconds] = []
    for slack, least in reversed(open_pairs):
        for odds in ODDS:
            if not any(_near(parts, odds, slack, least) for parts in found):
                found.append(tuple(e + s * odds / (1 + odds) for e, s in zip(least, slack, strict=True)))
    return sorted(found)


def _near(parts: Seconds, odds: float, slack: Seconds, least: Seconds) -> bool:
    """Whether a split's odds are within half a step of some odds, for this pair."""
    for part, spare, floor in zip(parts, slack, least, strict=True):
        mine = part - floor
        if not 0 < mine < spare or abs(log(mine / (spare - mine) / odds)) > log(STEP) / 2:
            return False
    return True


def _refusals(workload: Workload, pairs: list[Pair]) -> Iterator[Refusal]:
    """Name the prefill ends that no encode end can feed in time: each target missed, and the best of it."""
    targets = workload.targets_of("ttft")
    by_end: dict[End, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_end[pair.prefill_end].append(pair)
    for (sku, shape), mine in by_end.items():
        if any(_slack_s(targets, pair) for pair in mine):
            continue
        best = [min(p.encode_s[i] + p.prefill_s[i] for p in mine) for i in range(len(targets))]
        missed = [(t, s) for t, s in zip(targets, best, strict=True) if s >= t.bound_s]
        for target, best_s in missed or zip(targets, best, strict=True):
            why = Unreachable(target, best_s)
            yield Refusal(workload.name, "prefill", sku, shape, str(why), target, best_s)
