"""Lanes of one ordinary (not disaggregated) shape: the sets of latency targets its pools can be run at."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from pdopt.capacity import mixed
from pdopt.capacity.place import Loads, Offer, Place
from pdopt.capacity.refusal import OutOfRange, Unreachable
from pdopt.capacity.requirements import admits, all_minima
from pdopt.capacity.table import ON_THE_SPOT, Route
from pdopt.fleet.fleet import Target, Workload
from pdopt.fleet.profiles import MixedCurve, MixedProfile
from pdopt.fleet.rows import STATISTICS

TARGETS = tuple((metric, statistic) for metric in ("ttft", "tpot") for statistic in STATISTICS)


def mixed_lanes(place: Place, profile: MixedProfile) -> Iterator[Offer]:
    """Yield a lane per useful set of targets."""
    curves, wanted = {}, {}
    for workload in place.workloads():
        route = Route(workload.name, ON_THE_SPOT)
        try:
            curve = mixed.mixed_curve(profile, workload)
            bounds = _bounds_here(place, workload)
            _check_each(curve, workload, bounds)
            curves[route], wanted[route] = curve, tuple(bounds.get(key, inf) for key in TARGETS)
        except (OutOfRange, Unreachable) as why:
            place.refuse(workload, "mixed", profile.shape, why)
    for required in all_minima(wanted.values()):
        targets = [Target(*key, bound_s) for key, bound_s in zip(TARGETS, required, strict=True) if bound_s < inf]
        loads: Loads = {}
        for route, want in wanted.items():
            if admits(required, want):
                try:
                    loads[route] = (1 / min(mixed.highest_rate_rps(curves[route], target) for target in targets),)
                except (Unreachable, KeyError):
                    continue  # the others' targets are out of its reach, or were not measured
        yield Offer(("latency",), loads)


def _bounds_here(place: Place, workload: Workload) -> dict[tuple[str, str], float]:
    """Give what an instance must keep, (metric, statistic) -> seconds: of TTFT, what the way there and back leaves."""
    spent_s = {"ttft": place.latency_s(workload), "tpot": 0.0}
    return {(t.metric, t.statistic): t.bound_s - spent_s[t.metric] for t in workload.targets}


def _check_each(curve: MixedCurve, workload: Workload, bounds: dict[tuple[str, str], float]) -> None:
    """Raise Unreachable, in the user's terms, for a target that is missed even at the smallest measured rate."""
    for target in workload.targets:
        bound_s = bounds[target.metric, target.statistic]
        try:
            mixed.highest_rate_rps(curve, Target(target.metric, target.statistic, bound_s))
        except Unreachable as why:
            raise Unreachable(target, why.best_s + target.bound_s - bound_s) from None
