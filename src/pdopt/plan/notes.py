"""What a reader of a plan must know beside it: how good its profiles are, and what was left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from pdopt.capacity.mixed import mixed_curve
from pdopt.capacity.refusal import Refusal
from pdopt.capacity.table import LaneTable
from pdopt.fleet.fleet import Fleet
from pdopt.plan.plan import Pool, ProfileUsed
from pdopt.plan.pools import shape_of

NOT_MEASURED = {"computed", "analytic"}


def plan_notes(
    fleet: Fleet, table: LaneTable, pools: tuple[Pool, ...], profiles: tuple[ProfileUsed, ...]
) -> tuple[str, ...]:
    """Give the notes of a plan, the weightiest first, each once."""
    found = (
        *not_measured(profiles),
        *estimated(profiles),
        *fleet.notes,
        *_on_the_safe_side(fleet, pools),
        *_split(pools),
        *left_out(table.refusals),
    )
    return tuple(dict.fromkeys(found))


def _on_the_safe_side(fleet: Fleet, pools: Iterable[Pool]) -> Iterable[str]:
    """Say where a mixed pool is sized by measurements of longer requests than it serves."""
    for pool in pools:
        for profile in fleet.llms[pool.model].mixed if pool.role == "mixed" else ():
            for name in pool.serves if profile.shape == shape_of(pool) else ():
                workload = fleet.workloads[name]
                curve = mixed_curve(profile, workload)
                measured = f"{curve.input_tokens:g}/{curve.output_tokens:g}"
                asked = f"{workload.input_tokens:g}/{workload.output_tokens:g}"
                if measured != asked:
                    yield f"{name}: {asked} tokens sized by measurements at {measured}, on the safe side"


def _split(pools: Iterable[Pool]) -> Iterable[str]:
    """Say what a proof holds for where encode and prefill share TTFT."""
    if any(pool.role == "encode" for pool in pools):
        yield "encode and prefill share TTFT in a finite number of ways: the proof holds for these (docs/epd.md)"


def left_out(refusals: Iterable[Refusal]) -> Iterable[str]:
    """Say which shapes were left out for lack of measurements, one sentence per workload, role, SKU and reason."""
    groups: dict[tuple[str, str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for refusal in refusals:
        if refusal.target is None:
            groups[refusal.workload, refusal.role, refusal.sku][refusal.sentence].append(str(refusal.shape))
    last = ("encode", "prefill", "decode", "mixed")
    for (workload, role, sku), reasons in sorted(groups.items(), key=lambda item: last.index(item[0][1])):
        for sentence, shapes in reasons.items():
            which = shapes[0] if len(shapes) == 1 else f"{len(shapes)} shapes"
            yield f"{workload}: {role} on {sku}, {which} left out: {sentence}"


def not_measured(profiles: Iterable[ProfileUsed]) -> Iterable[str]:
    """Say, once, that a plan rests on numbers nobody measured end to end."""
    kinds = sorted({profile.kind for profile in profiles} & NOT_MEASURED)
    if kinds:
        yield f"rests on {' and '.join(kinds)} profiles, not on measured ones: check with a measurement before buying"


def estimated(profiles: Iterable[ProfileUsed]) -> Iterable[str]:
    """Name the pools whose profile is a formula's, with the error that such estimates have."""
    for profile in profiles:
        if profile.kind == "analytic":
            yield f"{profile.model}: {profile.role} on {profile.shape} is an estimate ({profile.source})"
