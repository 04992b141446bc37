"""What would make a plan possible: each remedy a change of the fleet, verified by solving it, the smallest first."""

from __future__ import annotations

from collections.abc import Iterator
from math import floor, inf

from pdopt.fleet.changes import Change
from pdopt.fleet.fleet import Fleet
from pdopt.plan.plan import Reason
from pdopt.solving.caution import ASKED
from pdopt.solving.longer_targets import longer_targets, smallest_that_works, stated, target_at
from pdopt.solving.out_of_reach import RAISE
from pdopt.solving.verify import TIME, Verifier

ALONE = "alone it is not enough"
TOGETHER = "needed, together with the others named here"
SHORT: tuple[str, ...] = ("stock", "limit", "budget")
LIMITS = {  # the key that a reason's limit stands in; short_by is in its units
    "max_skus": ("limits", "max_skus"),
    "power_kw": ("limits", "power_kw"),
    "carbon_kg_per_hour": ("limits", "carbon_kg_per_hour"),
    "change.max_starts": ("change", "max_starts"),
    "budget": ("budget", "usd_per_hour"),
}
LESS = tuple(".".join(path) for path in ASKED)  # of these less makes a plan possible; short_by is how much


def with_remedies(reasons: list[Reason], verifier: Verifier) -> list[Reason]:
    """Give the reasons with their remedies, verified, the smallest change first."""
    told = [_alone(reason, verifier) for reason in reasons]
    if not any(reason.verified for reason in told if reason.kind != "demand"):
        told = _together(told, verifier)
    if any(reason.kind in SHORT for reason in told):
        told += longer_targets(verifier)
    return sorted(told, key=_smallest_first)


def remedy_of(fleet: Fleet, reason: Reason) -> tuple[Change, ...]:
    """Give the changes that a reason about stock, limits or demand asks for; empty where it names none."""
    if reason.kind == "stock" and reason.sku and reason.nodes_short:
        of_term = ("terms", reason.term) if reason.term else ()
        return (Change(("skus", reason.sku, *of_term, "available"), (reason.available or 0) + reason.nodes_short),)
    if reason.kind == "limit" and reason.limit == "at_least" and reason.sku:
        least = fleet.skus[reason.sku].at_least - round(reason.short_by or 0)
        return (Change(("skus", reason.sku, "at_least"), least),)
    if reason.kind == "limit" and reason.limit == "min_pool_instances":
        least = (fleet.limits.min_pool_instances or 1) - round(reason.short_by or 0)
        return (Change(("limits", "min_pool_instances"), least),)
    if reason.limit in LESS:
        section, key = reason.limit.split(".")
        asked = getattr(getattr(fleet, section), key)
        return (Change((section, key), asked - round(reason.short_by or asked)),)
    path = _path(fleet, reason.limit or "")
    if reason.kind in SHORT and path:
        return (Change(path, round((Change(path, None).value_in(fleet) or 0) + (reason.short_by or 0), 9)),)
    fraction = floor((reason.largest_fraction or 0.0) * 1000) / 1000
    if reason.kind == "demand" and fraction > 0:
        asked = (name for name, workload in fleet.workloads.items() if workload.min_served > fraction)
        return tuple(Change(("workloads", name, "min_served"), fraction) for name in asked)
    return ()


def _path(fleet: Fleet, limit: str) -> tuple[str, ...]:
    """Give the key of a limit that is told as short of something; empty where there is none."""
    quotas = {f"quotas.{q.name}": ("quotas", q.name, "nodes" if q.gpus is None else "gpus") for q in fleet.quotas}
    sites = {f"sites.{name}.power_kw": ("sites", name, "power_kw") for name in fleet.sites}
    return {**LIMITS, **quotas, **sites}.get(limit, ())


def _alone(reason: Reason, verifier: Verifier) -> Reason:
    if reason.kind == "target" and reason.best_ms:
        step, known = smallest_that_works(verifier, lambda k: (target_at(reason, k),), 0)
        changes: tuple[Change, ...] = (target_at(reason, step or 1),)
        works = step is not None if step is not None or known else None
    else:
        changes = remedy_of(verifier.fleet, reason)
        works = verifier.works(changes) if changes else None
    return _told(reason, changes, works, verifier, "would be enough") if changes else reason


def _together(told: list[Reason], verifier: Verifier) -> list[Reason]:
    """Where no remedy is enough alone, make all of them, and leave out those that are not needed."""
    members = [reason for reason in told if reason.remedy and reason.kind in ("target", *SHORT)]
    if len(members) < 2:
        return told
    step, known = smallest_that_works(verifier, lambda k: _all(members, k, verifier), 0)
    if step is None and known:
        return told
    for reason in members if step is not None else ():
        fewer = [other for other in members if other is not reason]
        if fewer and verifier.works(_all(fewer, step or 1, verifier)):
            members = fewer
    changes, works = _all(members, step or 1, verifier), True if step is not None else None
    return [_told(r, changes, works, verifier, TOGETHER, step or 1) if r in members else r for r in told]


def _all(members: list[Reason], step: int, verifier: Verifier) -> tuple[Change, ...]:
    """Give the changes of all members, targets so many steps above their best; of two on one key the larger."""
    largest: dict[tuple[str, ...], Change] = {}
    for reason in members:
        for change in (target_at(reason, step),) if reason.kind == "target" else remedy_of(verifier.fleet, reason):
            known = largest.get(change.path)
            if known is None or (change.to or 0) > (known.to or 0):
                largest[change.path] = change
    return tuple(largest.values())


def _told(
    reason: Reason, changes: tuple[Change, ...], works: bool | None, verifier: Verifier, helps: str, step: int = 0
) -> Reason:
    told: dict[str, object] = {"remedy": stated(verifier.fleet, changes), "verified": bool(works)}
    if not works:
        return reason.model_copy(update={**told, "unverified_because": TIME if works is None else ALONE})
    told["unverified_because"] = None
    if reason.kind == "target":
        own = changes[0] if len(changes) == 1 else target_at(reason, step)
        told["short_ms"] = round((own.to or 0.0) - (reason.bound_ms or 0.0), 9)
        told["sentence"] = f"{reason.sentence.removesuffix(RAISE)}; {own.to:g} ms {helps}"
    return reason.model_copy(update=told)


def _smallest_first(reason: Reason) -> tuple[bool, float]:
    return not reason.verified, max(_sizes(reason), default=inf)


def _sizes(reason: Reason) -> Iterator[float]:
    """Yield how large each change is, relative to what is there (to one unit, where nothing is there)."""
    for change in reason.remedy:
        had, to = change["from"] or 0.0, change["to"] or 0.0
        yield abs(float(to) - float(had)) / (abs(float(had)) or 1.0)
