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

from pdopt.capacity.handover import Handover
from pdopt.capacity.permitted import End
from pdopt.capacity.refusal import Refusal, Unreachable
from pdopt.capacity.stages import Pair, Seconds, halved, pairs
from pdopt.fleet.fleet import Fleet, Llm, Target, Workload

STEP = 2.0
ODDS = tuple(STEP**i for i in range(-4, 5))  # slack of encode to slack of prefill
MOST = 20  # splits of a workload; past it, what whole numbers of instances need is left out


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
            mine = {intake: list(pairs(fleet, llm, workload, (intake, stages[1]))) for intake in stages[0]}
            refusals += _refusals(workload, [pair for some in mine.values() for pair in some])
            found[workload.name] = tuple(_splits(workload, mine))
    return found


def _splits(workload: Workload, found: dict[Handover, list[Pair]]) -> Iterator[Split]:
    targets = workload.targets_of("ttft")
    used = [intake for intake, some in found.items() if any(_slack_s(targets, pair) for pair in some)]
    names: set[str] = set()
    for intake in used:
        for parts in _parts(targets, found[intake]):
            name = f"within {parts[0] * 1e3:.4g} ms" + (f" to {intake.name}" if len(used) > 1 else "")
            name = name if name not in names else f"{name} ({len(names) + 1})"
            names.add(name)
            encode = tuple(halved(target, part) for target, part in zip(targets, parts, strict=True))
            rest = tuple(halved(target, target.bound_s - part) for target, part in zip(targets, parts, strict=True))
            yield Split(name, intake, encode, rest)


def _least_s(pair: Pair) -> tuple[Seconds, Seconds]:
    return pair.encode.least_s, pair.prefill.least_s


def _slack_s(targets: tuple[Target, ...], pair: Pair) -> Seconds:
    """Give what the two leave of each target; nothing where they leave none of some."""
    slack = tuple(t.bound_s - e - p for t, e, p in zip(targets, *_least_s(pair), strict=True))
    return slack if min(slack) > 0 else ()


def _parts(targets: tuple[Target, ...], found: Iterable[Pair]) -> list[Seconds]:
    """Give what encode may take of each target.

    Every pair's slack in all ``ODDS``, where nothing near is there, and what whole numbers of instances need.
    """
    slacks = {pair: slack for pair in found if (slack := _slack_s(targets, pair))}
    parts: list[Seconds] = []
    for slack, least in sorted({(slack, pair.encode.least_s) for pair, slack in slacks.items()}, reverse=True):
        for odds in ODDS:
            if not any(_near(part, odds, slack, least) for part in parts):
                parts.append(tuple(e + s * odds / (1 + odds) for e, s in zip(least, slack, strict=True)))
    exact = dict.fromkeys(
        part
        for pair in sorted(slacks, key=lambda pair: slacks[pair], reverse=True)
        for part in _at_counts(targets, pair, slacks[pair])
    )
    return sorted({*parts, *list(exact)[: max(MOST - len(parts), 0)]})


def _at_counts(targets: tuple[Target, ...], pair: Pair, slack: Seconds) -> Iterator[Seconds]:
    """Yield what encode takes on whole numbers of its instances, and what whole numbers of prefill leave it."""
    yield from pair.encode.at_counts(_sums(pair.encode.least_s, slack))
    for rest in pair.prefill.at_counts(_sums(pair.prefill.least_s, slack)):
        yield tuple(target.bound_s - part for target, part in zip(targets, rest, strict=True))


def _sums(some: Seconds, other: Seconds) -> Seconds:
    return tuple(map(sum, zip(some, other, strict=True)))


def _near(parts: Seconds, odds: float, slack: Seconds, least: Seconds) -> bool:
    """Whether a split's odds are within half a step of some odds, for this pair."""
    for part, spare, floor in zip(parts, slack, least, strict=True):
        mine = part - floor
        if not 0 < mine < spare or abs(log(mine / (spare - mine) / odds)) > log(STEP) / 2:
            return False
    return True


def _refusals(workload: Workload, found: list[Pair]) -> Iterator[Refusal]:
    """Name the prefill ends that no encode end can feed in time: each target missed, and the best of it."""
    targets = workload.targets_of("ttft")
    by_end: dict[End, list[Pair]] = defaultdict(list)
    for pair in found:
        by_end[pair.prefill_end].append(pair)
    for (sku, shape), mine in by_end.items():
        if any(_slack_s(targets, pair) for pair in mine):
            continue
        best = [min(_sums(*_least_s(pair))[i] for pair in mine) for i in range(len(targets))]
        missed = [(t, s) for t, s in zip(targets, best, strict=True) if s >= t.bound_s]
        for target, best_s in missed or zip(targets, best, strict=True):
            why = Unreachable(target, best_s)
            yield Refusal(workload.name, "prefill", sku, shape, str(why), target, best_s)
