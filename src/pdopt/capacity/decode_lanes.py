"""Lanes of one decode shape: the TPOTs its pools can be run at."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from pdopt.capacity import decode
from pdopt.capacity.place import Loads, Offer, Place
from pdopt.capacity.refusal import OutOfRange, Unreachable
from pdopt.capacity.requirements import Requirement, admits, all_minima
from pdopt.capacity.table import Route
from pdopt.fleet.fleet import Assumptions, Target, Workload
from pdopt.fleet.profiles import DecodeProfile
from pdopt.fleet.rows import STATISTICS


def decode_lanes(place: Place, profile: DecodeProfile) -> Iterator[Offer]:
    """Yield a lane per useful set of TPOT bounds; one limit per statistic that is bounded."""
    way = next(way for way in place.ways if (place.sku, profile.shape) in way.ends)
    curves, wanted = {}, {}
    for workload in place.workloads():
        route = Route(workload.name, way.name)
        try:
            curve = decode.batch_curve(profile, workload)
        except OutOfRange as why:
            place.refuse(workload, "decode", profile.shape, why)
            continue
        missed = list(_missed(curve, workload, place.assumptions))
        for why_not in missed:
            place.refuse(workload, "decode", profile.shape, why_not)
        if not missed:
            curves[route], wanted[route] = curve, _requirement(workload, place.assumptions)
    for required in all_minima(wanted.values()):
        bounds = [Target("tpot", s, bound) for s, bound in zip(STATISTICS, required, strict=False) if bound < inf]
        loads: Loads = {}
        for route, want in wanted.items():
            if admits(required, want):
                output = place.workload(route).output_tokens
                try:
                    loads[route] = tuple(
                        output / decode.throughput_tps(curves[route], bound, place.assumptions) for bound in bounds
                    )
                except (OutOfRange, Unreachable):
                    continue  # the others' targets are out of its reach: it does not join this pool
        yield Offer(tuple(f"TPOT {bound.statistic}" for bound in bounds), loads)


def _missed(
    curve: decode.BatchCurve, workload: Workload, assumptions: Assumptions
) -> Iterator[OutOfRange | Unreachable]:
    """Yield why each target that the curve cannot keep is out of its reach."""
    for target in workload.targets_of("tpot"):
        try:
            decode.throughput_tps(curve, target, assumptions)
        except (OutOfRange, Unreachable) as why:
            yield why


def _requirement(workload: Workload, assumptions: Assumptions) -> Requirement:
    targets = workload.targets_of("tpot")
    if assumptions.decode_load == "steady":  # a steady batch has no spread
        return (min(target.bound_s for target in targets),)
    bounds = {target.statistic: target.bound_s for target in targets}
    return tuple(bounds.get(statistic, inf) for statistic in STATISTICS)
