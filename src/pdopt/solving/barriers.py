"""What a user stated that leaves a workload no way to be served: its pin, sites that no link joins, rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf

from pdopt.capacity.lanes import every_lane
from pdopt.capacity.permitted import ends_of
from pdopt.fleet.fleet import Fleet, Workload
from pdopt.fleet.rules import Rule
from pdopt.plan.plan import Reason

ROLES = ("encode", "prefill", "decode", "mixed")


def stages_of(workload: Workload) -> tuple[str, ...]:
    """Give the roles that a request passes where it is not served by ordinary instances."""
    return ("encode", "prefill", "decode") if workload.images else ("prefill", "decode")


@dataclass(frozen=True)
class Barrier:
    """Something that may be lifted from a fleet, and how to tell that it is in the way (given what would serve)."""

    lifted: Callable[[Fleet], Fleet]
    told: Callable[[Fleet, dict[str, tuple[str, ...]]], Reason]


def barriers(fleet: Fleet, name: str) -> list[Barrier]:
    """Give everything stated that narrows where a workload may be served."""
    found = [_pin(name)] if fleet.workloads[name].sites else []
    if len({sku.site for sku in fleet.skus.values()}) > 1:
        found.append(_separation(name))
    llm = fleet.workloads[name].llm
    found += [_rule(name, "forbid", (rule,)) for rule in dict.fromkeys(fleet.forbid) if rule.llm in (None, llm)]
    alternatives: dict[tuple[str | None, ...], list[Rule]] = {}
    for rule in fleet.require:
        if rule.llm in (None, llm):
            alternatives.setdefault((rule.llm, rule.role, rule.prefill_sku), []).append(rule)
    return found + [_rule(name, "require", tuple(rules)) for rules in alternatives.values()]


def blamed(fleet: Fleet, name: str, stated: list[Barrier]) -> list[Reason]:
    """Name the barriers each of which alone keeps the workload unserved, else a smallest set that does together.

    None is named where lifting them all would not serve it.
    """
    alone = [(barrier, serving) for barrier in stated if (serving := _serving(barrier.lifted(fleet), name))]
    if alone:
        return [barrier.told(fleet, serving) for barrier, serving in alone]
    needed = list(stated)
    if not _serving(without(fleet, needed), name):
        return []
    for barrier in stated:
        others = [other for other in needed if other is not barrier]
        needed = others if _serving(without(fleet, others), name) else needed
    serving = _serving(without(fleet, needed), name)
    reasons = (barrier.told(fleet, serving) for barrier in needed)
    more = f" (together with the others named for {name})"
    return [reason.model_copy(update={"sentence": reason.sentence + more}) for reason in reasons]


def without(fleet: Fleet, lifted: Iterable[Barrier]) -> Fleet:
    """Give the fleet with some barriers lifted."""
    for barrier in lifted:
        fleet = barrier.lifted(fleet)
    return fleet


def _serving(fleet: Fleet, name: str) -> dict[str, tuple[str, ...]]:
    """Give role → SKUs on which the workload could be served; empty where it cannot."""
    workload = fleet.workloads[name]
    table = every_lane(replace(fleet, workloads={name: workload}, llms={workload.llm: fleet.llms[workload.llm]}))
    through = table.passable()
    serving = [(lane.role, lane.sku) for lane in table.lanes if through[lane.role] & lane.loads.keys()]
    return {role: tuple(dict.fromkeys(s for r, s in serving if r == role)) for role, _ in serving}


def _pin(name: str) -> Barrier:
    def lifted(fleet: Fleet) -> Fleet:
        return replace(fleet, workloads={**fleet.workloads, name: replace(fleet.workloads[name], sites=())})

    def told(fleet: Fleet, serving: dict[str, tuple[str, ...]]) -> Reason:
        pinned = fleet.workloads[name].sites
        others = [site for site in _sites(fleet, (s for skus in serving.values() for s in skus)) if site not in pinned]
        where, why = " and ".join(pinned), _lacking(fleet, name)
        remedy = f"let it use {' or '.join(others)} too, or add a SKU that can serve it in {' or '.join(pinned)}"
        return Reason(kind="site", workload=name, sentence=f"{name}: pinned to {where}, where {why}; {remedy}")

    return Barrier(lifted, told)


def _lacking(fleet: Fleet, name: str) -> str:
    """Say what the sites of a pinned workload lack."""
    workload = fleet.workloads[name]
    there = {sku.name: sku for sku in fleet.skus.values() if sku.site in workload.sites}
    if not there:
        return "no SKU stands"
    llm, local = fleet.llms[workload.llm], replace(fleet, skus=there)
    shapes = {role: [profile.shape for profile in getattr(llm, role)] for role in ROLES}
    lacking = [role for role in stages_of(workload) if shapes[role] and not ends_of(local, shapes[role])]
    if lacking and not ends_of(local, shapes["mixed"]):
        gpus = ", ".join(sorted({shape.gpu for role in lacking for shape in shapes[role]}))
        return f"no SKU has a GPU that {llm.name} has {' and '.join(lacking)} profiles on ({gpus})"
    return "it cannot be served"


def _separation(name: str) -> Barrier:
    def lifted(fleet: Fleet) -> Fleet:
        pairs = {(p, d): inf for p in fleet.skus for d in fleet.skus if fleet.skus[p].site != fleet.skus[d].site}
        links = {**pairs, **fleet.transfer.links_gb_per_s}
        return replace(fleet, transfer=replace(fleet.transfer, links_gb_per_s=links))

    def told(fleet: Fleet, serving: dict[str, tuple[str, ...]]) -> Reason:
        stages = list(stages_of(fleet.workloads[name]))
        before, after = next(filter(_apart(fleet, serving), pairwise(stages)), ("prefill", "decode"))
        first, second = (_sites(fleet, serving[role]) for role in (before, after))
        if set(first) & set(second):
            what = f"no SKUs that could {' and '.join(stages)} it together share a site or a link"
        else:
            what = f"{before} is possible in {', '.join(first)} and {after} in {', '.join(second)}, which no link joins"
        link = f"{{prefill: {serving[before][0]}, decode: {serving[after][0]}, gb_per_s: …}}"
        both = "both" if len(stages) == 2 else "all"
        remedy = f"add a fast enough one to transfer.links, such as {link}, or SKUs for {both} in one site"
        return Reason(kind="site", workload=name, sentence=f"{name}: {what}; {remedy}")

    return Barrier(lifted, told)


def _apart(fleet: Fleet, serving: dict[str, tuple[str, ...]]) -> Callable[[tuple[str, str]], bool]:
    """Tell pairs of stages that are possible in no common site."""
    return lambda pair: not set.intersection(*(set(_sites(fleet, serving[role])) for role in pair))


def _rule(name: str, key: str, rules: tuple[Rule, ...]) -> Barrier:
    def lifted(fleet: Fleet) -> Fleet:
        kept = {"forbid": fleet.forbid, "require": fleet.require}
        kept[key] = tuple(rule for rule in kept[key] if rule not in rules)
        return replace(fleet, forbid=kept["forbid"], require=kept["require"])

    def told(fleet: Fleet, serving: dict[str, tuple[str, ...]]) -> Reason:
        which = " and ".join(map(str, rules))
        could = ", ".join(f"{role} on {_some(serving[role])}" for role in ROLES if role in serving)
        what = f"limits.{key} {which} leaves no way to serve it; without it there is {could}"
        sentence = f"{name}: {what}; drop it, or add a SKU that it allows"
        return Reason(kind="rule", workload=name, limit=key, sentence=sentence)

    return Barrier(lifted, told)


def _some(skus: tuple[str, ...]) -> str:
    return ", ".join(skus[:3]) + (f" and {len(skus) - 3} more" if len(skus) > 3 else "")


def _sites(fleet: Fleet, skus: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(fleet.skus[sku].site or "" for sku in skus))
