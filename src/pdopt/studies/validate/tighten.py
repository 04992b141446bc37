"""What a plan is made for, where what is asked is not enough: tighter bounds, batches that breathe."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from math import sqrt

from pdopt.fleet.changes import Change, slo_key, with_changes
from pdopt.fleet.fleet import Fleet
from pdopt.plan.validation import Missed

Bounds = dict[tuple[str, str], float]  # (workload, target) → milliseconds
LONGEST_STEP, SHORTEST_STEP = 0.9, 0.98  # of a bound in one round: latencies near saturation say little of those below


@dataclass(frozen=True)
class Caution:
    """What a plan is made for beyond what is asked.

    Attributes
    ----------
    bounds : dict
        Tighter bounds of targets.
    open_arrivals : bool
        Whether decode is planned under open arrivals though the fleet assumes a steady batch.
    """

    bounds: Bounds = field(default_factory=dict)
    open_arrivals: bool = False

    def of(self, fleet: Fleet) -> Fleet:
        """Give the fleet that is planned for."""
        changes = (Change(("workloads", name, "slo", key), to) for (name, key), to in self.bounds.items())
        changed = with_changes(fleet, changes)
        if not self.open_arrivals:
            return changed
        return replace(changed, assumptions=replace(changed.assumptions, decode_load="open"))


def more(fleet: Fleet, caution: Caution, missed: Iterable[Missed]) -> Caution:
    """Give more caution, by what was missed.

    A TPOT missed by a plan for steady batches is first planned for under open arrivals. Every other target is divided
    by what the formulas were too hopeful by, ``simulated / planned``, at most a tenth a round; the plan that missed is
    then ruled out, for it was planned above the new bound.
    """
    found = list(missed)
    steady = fleet.assumptions.decode_load == "steady" and not caution.open_arrivals
    opened = steady and any(one.target.startswith("tpot") for one in found)
    bounds = dict(caution.bounds)
    for one in found:
        if opened and one.target.startswith("tpot"):
            continue
        key = (one.workload, one.target)
        before = caution.bounds.get(key, one.bound_ms)
        before = min(before, one.planned_ms) if one.planned_ms else before
        right = min(max(before * one.bound_ms / one.simulated_ms, before * LONGEST_STEP), before * SHORTEST_STEP)
        bounds[key] = min(bounds.get(key, right), right)
    return Caution(bounds, caution.open_arrivals or opened)


def between(fleet: Fleet, failing: Caution, holding: Caution) -> Caution:
    """Give bounds halfway between two, as ratios; where one is not tightened, it is the target that is asked for."""
    asked = {
        (name, slo_key(target)): target.bound_s * 1e3
        for name, workload in fleet.workloads.items()
        for target in workload.targets
    }
    bounds = {key: sqrt(failing.bounds.get(key, asked[key]) * to) for key, to in holding.bounds.items()}
    return Caution(bounds, holding.open_arrivals)
