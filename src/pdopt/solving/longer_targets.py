"""How much longer latency targets must be for a plan to be possible: found by solving, to one percent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import ceil, floor, log, log10
from typing import Literal

from pdopt.fleet.changes import Change, slo_key
from pdopt.fleet.fleet import Fleet, Workload
from pdopt.plan.plan import Reason
from pdopt.solving.verify import TIME, Verifier, smallest

STEP = 1.01
MOST_STEPS = floor(log(10) / log(STEP))  # targets ten times as long are no longer the same service

Making = Callable[[int], tuple[Change, ...]]


def smallest_that_works(verifier: Verifier, making: Making, low: int) -> tuple[int | None, bool]:
    """Find the smallest step whose changes make a plan possible, above one that does not.

    Returns
    -------
    step : int or None
        None: not even the last step does, or the time ran out before it was known.
    proven : bool
        Whether the step before does not (or, for None, whether the last does not).
    """
    first = verifier.works(making(low + 1))
    if first:
        return low + 1, True
    last = verifier.works(making(MOST_STEPS))
    if not last:
        return None, last is not None
    step, proven = smallest(lambda k: verifier.works(making(k)), low + 1, MOST_STEPS)
    return step, proven and first is not None


def target_at(reason: Reason, step: int) -> Change:
    """Give the change of a target out of reach to so many percent above the best attainable value."""
    assert reason.workload is not None
    assert reason.target is not None
    best = min(reason.best_ms.values())
    return Change(("workloads", reason.workload, "slo", reason.target), up(best * STEP**step))


def longer_targets(verifier: Verifier) -> Iterator[Reason]:
    """Yield for each workload, or for all together where none alone is enough, the smallest factor on its targets."""
    asked = [w for w in verifier.fleet.workloads.values() if w.demand_rps > 0 and w.min_served > 0]
    found = [_longer(verifier, [workload]) for workload in asked]
    if len(asked) > 1 and not any(found):
        found.append(_longer(verifier, asked))
    told = [reason for reason in found if reason]
    yield from told
    if found and not told and found[-1] is None:  # what all together do not reach, none reaches alone
        sentence = "whether longer targets would be enough is not known"
        yield Reason(kind="slo", sentence=sentence, verified=False, unverified_because=TIME)


def _longer(verifier: Verifier, workloads: list[Workload]) -> Reason | Literal[False] | None:
    """Give the smallest factor on the targets of some workloads; False: none is enough, None: not known."""

    def making(step: int) -> tuple[Change, ...]:
        return tuple(change for workload in workloads for change in _times(workload, STEP**step))

    step, proven = smallest_that_works(verifier, making, 0)
    if step is None:
        return False if proven else None
    changes, factor = making(step), STEP**step
    who = workloads[0].name if len(workloads) == 1 else "all workloads"
    within = "to 1 %" if proven else "smaller may do"
    said = f" ({', '.join(_said(workloads[0], changes))}; {within})" if len(workloads) == 1 else f" ({within})"
    return Reason(
        kind="slo",
        workload=workloads[0].name if len(workloads) == 1 else None,
        factor=factor,
        sentence=f"{who}: targets {factor:.3g} times as long would be enough{said}",
        remedy=stated(verifier.fleet, changes),
        verified=True,
    )


def _times(workload: Workload, factor: float) -> Iterator[Change]:
    for target in workload.targets:
        key = ("workloads", workload.name, "slo", slo_key(target))
        yield Change(key, up(target.bound_s * 1e3 * factor))


def _said(workload: Workload, changes: Iterable[Change]) -> Iterator[str]:
    for target, change in zip(workload.targets, changes, strict=True):
        yield f"{target.metric.upper()} {target.statistic} {change.to:g} ms"


def stated(fleet: Fleet, changes: Iterable[Change]) -> tuple[dict[str, str | int | float | None], ...]:
    """Give changes for a machine to read."""
    return tuple(change.stated(fleet) for change in changes)


def up(ms: float) -> float:
    """Round up to six significant digits, so that what is printed can be attained."""
    scale = 10.0 ** max(0, 5 - floor(log10(ms))) if ms > 0 else 1.0
    return ceil(ms * scale - 1e-6) / scale
