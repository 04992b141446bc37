"""Bounds that targets are planned for, tighter than those that are asked."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt

from pdopt.fleet.changes import Change, slo_key, with_changes
from pdopt.fleet.fleet import Fleet
from pdopt.plan.validation import Missed

Bounds = dict[tuple[str, str], float]  # (workload, target) → milliseconds
LEAST_STEP = 0.98  # where nothing was planned to compare with, or the two are all but equal


def with_bounds(fleet: Fleet, bounds: Bounds) -> Fleet:
    """Give the fleet with some targets tightened."""
    return with_changes(fleet, (Change(("workloads", name, "slo", key), to) for (name, key), to in bounds.items()))


def tighter(bounds: Bounds, missed: Iterable[Missed]) -> Bounds:
    """Divide the target of everything missed by what the formulas were too hopeful by, ``simulated / planned``.

    The plan that missed is then ruled out, since it was planned above ``bound * planned / simulated``.
    """
    found = dict(bounds)
    for one in missed:
        key = (one.workload, one.target)
        before = bounds.get(key, one.bound_ms)
        right = one.bound_ms * one.planned_ms / one.simulated_ms if one.planned_ms else before * LEAST_STEP
        found[key] = min(found.get(key, before), right, before * LEAST_STEP)
    return found


def between(fleet: Fleet, failing: Bounds, holding: Bounds) -> Bounds:
    """Give the bounds halfway between two, as ratios; where only one is tightened, the other is the target asked for."""
    asked = {
        (name, slo_key(target)): target.bound_s * 1e3
        for name, workload in fleet.workloads.items()
        for target in workload.targets
    }
    return {key: sqrt(failing.get(key, asked[key]) * to) for key, to in holding.items()}
