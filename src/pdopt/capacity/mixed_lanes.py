"""Lanes of one ordinary (not disaggregated) shape: the sets of latency targets its pools can be run at."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from pdopt.capacity import mixed
from pdopt.capacity.place import Loads, Offer, Place
from pdopt.capacity.refusal import OutOfRange, Unreachable
from pdopt.capacity.requirements import admits, all_minima
from pdopt.capacity.table import ON_THE_SPOT, Route
from pdopt.fleet.fleet import Target
from pdopt.fleet.profiles import MixedProfile
from pdopt.fleet.rows import STATISTICS

TARGETS = tuple((metric, statistic) for metric in ("ttft", "tpot") for statistic in STATISTICS)


def mixed_lanes(place: Place, profile: MixedProfile) -> Iterator[Offer]:
    """Yield a lane per useful set of targets."""
    curves, wanted = {}, {}
    for workload in place.workloads():
        route = Route(workload.name, ON_THE_SPOT)
        try:
            curve = mixed.mixed_curve(profile, workload)
            for target in workload.targets:
                mixed.highest_rate_rps(curve, target)
            bounds = {(target.metric, target.statistic): target.bound_s for target in workload.targets}
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
        yield ("latency",), loads
