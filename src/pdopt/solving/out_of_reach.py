"""Workloads that no instance can serve: which target is out of reach, and what is attainable."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np

from pdopt.capacity.lanes import every_lane
from pdopt.capacity.permitted import ends_of, latency_s
from pdopt.capacity.refusal import Refusal
from pdopt.capacity.table import LaneTable
from pdopt.fleet.fleet import Fleet, Llm
from pdopt.fleet.profiles import Shape
from pdopt.plan.plan import Reason
from pdopt.solving.barriers import ROLES, barriers, blamed, stages_of, without
from pdopt.solving.longer_targets import up

RAISE = "; raise the target above that, or add a faster SKU"


def out_of_reach(fleet: Fleet, table: LaneTable) -> list[Reason]:
    """Name each workload that no shape can serve: the target and the best attainable value on each SKU."""
    reasons: list[Reason] = []
    for name in table.unserved():
        stated = barriers(fleet, name)
        if not stated:
            reasons += _physical(fleet, table, name)
            continue
        in_the_way = blamed(fleet, name, stated)
        found = [*_missed(fleet, table, name), *in_the_way]
        if not found:
            freed = without(fleet, stated)
            found = _physical(freed, every_lane(freed), name)
        reasons += found
    return reasons


def _physical(fleet: Fleet, table: LaneTable, name: str) -> list[Reason]:
    """Say why no shape can serve a workload that may run anywhere."""
    llm = fleet.llms[fleet.workloads[name].llm]
    served, refused = _served(table, name), _refused(table, name)
    offered = {role for role in ROLES if ends_of(fleet, [profile.shape for profile in getattr(llm, role)])}
    if not offered:
        return [_not_offered(name, llm, "", llm.shapes())]
    stages = stages_of(fleet.workloads[name])
    if all(role in served or (role in offered and not refused[role]) for role in stages):
        missed = [reason for role in stages for reason in _targets(fleet, refused[role])]
        return missed or [_incompatible(name, llm, stages)]
    reasons: list[Reason] = []
    for role in ROLES:
        shapes = {profile.shape for profile in getattr(llm, role)}
        if shapes and role not in offered:
            reasons.append(_not_offered(name, llm, f"{role} ", shapes))
        elif role not in served:
            reasons += [*_targets(fleet, refused[role]), *_unmeasured(name, role, refused[role])]
    return reasons


def _missed(fleet: Fleet, table: LaneTable, name: str) -> Iterator[Reason]:
    """Yield the targets that are out of reach wherever the workload may run."""
    served, refused = _served(table, name), _refused(table, name)
    apart = set(stages_of(fleet.workloads[name])) <= served  # each is possible, but not for the same handover
    for role in ROLES:
        if apart or role not in served:
            yield from _targets(fleet, refused[role])


def _served(table: LaneTable, name: str) -> set[str]:
    return {lane.role for lane in table.lanes if any(route.workload == name for route in lane.loads)}


def _refused(table: LaneTable, name: str) -> dict[str, list[Refusal]]:
    return {role: [r for r in table.refusals if (r.workload, r.role) == (name, role)] for role in ROLES}


def _not_offered(name: str, llm: Llm, role: str, shapes: Iterable[Shape]) -> Reason:
    gpus = ", ".join(sorted({shape.gpu for shape in shapes}))
    sentence = f"{name}: no SKU offers a GPU that {llm.name} has {role}profiles on ({gpus}); add such a SKU"
    return Reason(kind="unmeasured", workload=name, sentence=sentence)


def _incompatible(name: str, llm: Llm, stages: tuple[str, ...]) -> Reason:
    profiles_of = {role: getattr(llm, role) for role in stages}
    made = [
        f"{role} {', '.join(sorted({f'{p.shape.engine} {p.shape.precision}'.strip() or 'unstated' for p in profiles}))}"
        for role, profiles in profiles_of.items()
    ]
    before, after = (" and ".join(stages[:-1]), stages[-1])
    return Reason(
        kind="incompatible",
        workload=name,
        sentence=f"{name}: no {before} profile shares engine and precision with a {after} profile that can serve it; "
        f"there are {' and '.join(made)}; add profiles of one engine for {'both' if len(stages) == 2 else 'all'}, "
        "or mixed profiles",
    )


def _targets(fleet: Fleet, refused: Iterable[Refusal]) -> Iterator[Reason]:
    groups: dict[tuple[str, str, str, float], dict[str, float]] = defaultdict(dict)
    spent: dict[tuple[str, str], str] = {}
    for refusal in refused:
        if refusal.target is not None and refusal.best_s is not None:
            key = (refusal.workload, refusal.target.metric, refusal.target.statistic, refusal.target.bound_s)
            where = refusal.sku if refusal.way is None else f"{refusal.sku} to {refusal.way}"
            groups[key][where] = min(groups[key].get(where, np.inf), refusal.best_s * 1e3)
            way_ms = latency_s(fleet, fleet.workloads[refusal.workload], refusal.sku) * 1e3
            spent["ttft", where] = f" (with {way_ms:g} ms there and back)" if way_ms else ""
    for (name, metric, statistic, bound_s), best in groups.items():
        attainable = ", ".join(
            f"{up(ms):g} ms on {where}{spent.get((metric, where), '')}"
            for where, ms in sorted(best.items(), key=lambda item: item[1])
        )
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
