"""Why a SKU cannot serve the fleet alone, in a few words."""

from __future__ import annotations

from pdopt.capacity.refusal import Refusal
from pdopt.capacity.table import LaneTable
from pdopt.fleet.fleet import Fleet
from pdopt.plan.plan import Answer


def not_alone(fleet: Fleet, table: LaneTable, sku: str) -> str | None:
    """Say what a SKU alone has no instance for (the table is that of the fleet on it alone); None if nothing."""
    for name in table.unserved():
        sides = {lane.role for lane in table.lanes if name in lane.workloads}
        if {"prefill", "decode"} <= sides:
            return f"{name}: its prefill and decode instances do not go together"
        lacking = [role for role in ("prefill", "decode") if role not in sides]
        refused = [r for r in table.refusals if (r.workload, r.sku) == (name, sku) and r.role in lacking]
        if refused:
            best = min(refused, key=_nearness)
            return f"{name}: {best.role}: {best.sentence}"
        return (
            f"{name}: {fleet.workloads[name].llm} has no {' and no '.join(lacking)} profile for {fleet.skus[sku].gpu}"
        )
    return None


def _nearness(refusal: Refusal) -> tuple[bool, float]:
    return refusal.best_s is None, refusal.best_s or 0.0


def in_words(answer: Answer) -> str:
    """Say why there is no plan, from its first reason."""
    reasons = getattr(answer, "reasons", ())
    return reasons[0].sentence.partition(";")[0] if reasons else "no plan is possible"
