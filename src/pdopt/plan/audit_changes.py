"""The audit of changes: what a plan starts and stops against the one that runs now."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.fleet.fleet import Fleet
from pdopt.plan.audit_money import pools_at, whens_of
from pdopt.plan.current import running_now
from pdopt.plan.plan import Plan

Key = tuple[object, ...]  # LLM, role, SKU and what tells shapes apart


def audit_changes(fleet: Fleet, plan: Plan, current: Plan | None) -> Iterator[str]:
    """Count what starts and stops, period by period, and compare it with what the plan says and may."""
    if current is None:
        if plan.changes is not None:
            yield "states changes, and nothing is said of what runs now"
        return
    starts: dict[Key, int] = {}
    stops: dict[Key, int] = {}
    now = running_now(fleet, current)
    for scenario, period, _ in whens_of(fleet):
        more: dict[Key, int] = {}
        for (llm, role, sku, shape), count in now[scenario, period].items():
            more[llm, role, sku, shape.gpus, shape.parallelism, shape.dp, shape.engine, shape.precision] = -count
        for p in pools_at(plan, scenario, period):
            key: Key = (p.model, p.role, p.sku, p.gpus_per_instance, p.parallelism, p.dp, p.engine, p.precision)
            more[key] = more.get(key, 0) + p.instances
        for one, count in more.items():
            starts[one] = max(starts.get(one, 0), count)
            stops[one] = max(stops.get(one, 0), -count)
    stated: dict[Key, tuple[int, int]] = {
        (c.model, c.role, c.sku, c.gpus_per_instance, c.parallelism, c.dp, c.engine, c.precision): (c.starts, c.stops)
        for c in plan.changes or ()
    }
    found = {one: (starts[one], stops[one]) for one in starts if starts[one] or stops[one]}
    for one in stated.keys() | found.keys():
        if stated.get(one) != found.get(one):
            words = " ".join(str(part) for part in one if part)
            yield f"{words}: starts and stops {found.get(one)}, the plan says {stated.get(one)}"
    most = fleet.changeover.max_starts if fleet.changeover else None
    if most is not None and sum(starts.values()) > most:
        yield f"{sum(starts.values())} instances are started, at most {most} may be"
