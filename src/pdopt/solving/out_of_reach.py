"""Workloads that no instance can serve: which target is out of reach, and what is attainable."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np

from pdopt.capacity.handover import ends_of
from pdopt.capacity.refusal import Refusal
from pdopt.capacity.table import LaneTable
from pdopt.fleet.fleet import Fleet, Llm
from pdopt.fleet.profiles import Shape
from pdopt.plan.plan import Reason
from pdopt.solving.longer_targets import up

RAISE = "; raise the target above that, or add a faster SKU"
ROLES = ("prefill", "decode", "mixed")


def out_of_reach(fleet: Fleet, table: LaneTable) -> list[Reason]:
    """Name each workload that no shape can serve: the target and the best attainable value on each SKU."""
    reasons: list[Reason] = []
    for name in table.unserved():
        llm = fleet.llms[fleet.workloads[name].llm]
        served = {lane.role for lane in table.lanes if any(route.workload == name for route in lane.loads)}
        refused = {role: [r for r in table.refusals if (r.workload, r.role) == (name, role)] for role in ROLES}
        offered = {role for role in ROLES if ends_of(fleet, [profile.shape for profile in getattr(llm, role)])}
        if not offered:
            reasons.append(_not_offered(name, llm, "", llm.shapes()))
            continue
        if all(role in served or (role in offered and not refused[role]) for role in ("prefill", "decode")):
            missed = [*_targets(name, refused["prefill"]), *_targets(name, refused["decode"])]
            reasons += missed or [_incompatible(name, llm)]
            continue
        for role in ROLES:
            shapes = {profile.shape for profile in getattr(llm, role)}
            if shapes and role not in offered:
                reasons.append(_not_offered(name, llm, f"{role} ", shapes))
            elif role not in served:
                reasons += [*_targets(name, refused[role]), *_unmeasured(name, role, refused[role])]
    return reasons


def _not_offered(name: str, llm: Llm, role: str, shapes: Iterable[Shape]) -> Reason:
    gpus = ", ".join(sorted({shape.gpu for shape in shapes}))
    sentence = f"{name}: no SKU offers a GPU that {llm.name} has {role}profiles on ({gpus}); add such a SKU"
    return Reason(kind="unmeasured", workload=name, sentence=sentence)


def _incompatible(name: str, llm: Llm) -> Reason:
    made = [
        f"{role} {', '.join(sorted({f'{p.shape.engine} {p.shape.precision}'.strip() or 'unstated' for p in profiles}))}"
        for role, profiles in (("prefill", llm.prefill), ("decode", llm.decode))
    ]
    return Reason(
        kind="incompatible",
        workload=name,
        sentence=f"{name}: no prefill profile shares engine and precision with a decode profile that can serve it; "
        f"there are {made[0]} and {made[1]}; add profiles of one engine for both, or mixed profiles",
    )


def _targets(name: str, refused: Iterable[Refusal]) -> Iterator[Reason]:
    groups: dict[tuple[str, str, float], dict[str, float]] = defaultdict(dict)
    for refusal in refused:
        if refusal.target is not None and refusal.best_s is not None:
            key = (refusal.target.metric, refusal.target.statistic, refusal.target.bound_s)
            where = refusal.sku if refusal.way is None else f"{refusal.sku} to {refusal.way}"
            groups[key][where] = min(groups[key].get(where, np.inf), refusal.best_s * 1e3)
    for (metric, statistic, bound_s), best in groups.items():
        attainable = ", ".join(f"{up(ms):g} ms on {sku}" for sku, ms in sorted(best.items(), key=lambda item: item[1]))
        yield Reason(
            kind="target",
            workload=name,
            target=f"{metric}_{statistic}_ms",
            bound_ms=round(bound_s * 1e3, 9),
            best_ms=best,
            sentence=f"{name}: {metric.upper()} {statistic} of {bound_s * 1e3:g} ms is out of reach; "
            f"at best {attainable}{RAISE}",
        )


def _unmeasured(name: str, role: str, refused: Iterable[Refusal]) -> Iterator[Reason]:
    sentences: dict[str, dict[str, None]] = defaultdict(dict)
    for refusal in refused:
        if refusal.target is None:
            sentences[refusal.sentence][refusal.sku] = None
    for sentence, skus in sentences.items():
        where = ", ".join(skus)
        yield Reason(kind="unmeasured", workload=name, sentence=f"{name}: {role} on {where}: {sentence}; measure there")
