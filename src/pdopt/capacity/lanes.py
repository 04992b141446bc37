"""Lanes: shapes run at one wait or TPOT, so that what workloads ask of a shared pool is linear in their rates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import inf

from pdopt.capacity import decode, mixed, prefill
from pdopt.capacity.handover import Handover, ends_of, handovers, overhead_s
from pdopt.capacity.margins import with_margins
from pdopt.capacity.prune import prune
from pdopt.capacity.refusal import OutOfRange, Refusal, Unreachable
from pdopt.capacity.requirements import Requirement, admits, all_minima
from pdopt.capacity.table import ON_THE_SPOT, Lane, LaneTable, NodeType, Route
from pdopt.fleet.fleet import Fleet, Llm, Sku, Target, Workload
from pdopt.fleet.profiles import DecodeProfile, MixedProfile, PrefillProfile, Profile, Shape
from pdopt.fleet.rows import STATISTICS


def lane_table(fleet: Fleet) -> LaneTable:
    """Work out what every instance shape carries under every useful set of targets, margins included."""
    table = every_lane(fleet)
    by_llm = ([lane for lane in table.lanes if lane.llm == llm] for llm in fleet.llms)
    return replace(table, lanes=tuple(lane for lanes in by_llm for lane in prune(lanes)))


def every_lane(fleet: Fleet) -> LaneTable:
    """Give the table with all lanes, those that others dominate too."""
    stressed = with_margins(fleet)
    builder = _Builder(stressed)
    return LaneTable(
        lanes=tuple(lane for llm in stressed.llms.values() for lane in builder.lanes_of(llm)),
        nodes=tuple(_node_type(sku) for sku in fleet.skus.values()),
        required_rps={w.name: w.min_served * w.demand_rps for w in stressed.workloads.values()},
        refusals=tuple(builder.refusals),
    )


def _node_type(sku: Sku) -> NodeType:
    if sku.billing == "node":
        return NodeType(sku.name, sku.gpus, sku.usd_per_h, sku.available)
    available = None if sku.available is None else sku.available * sku.gpus
    return NodeType(sku.name, 1, sku.usd_per_h / sku.gpus, available)


class _Builder:
    """Builds the lanes of one fleet and notes the shapes that a workload cannot use."""

    def __init__(self, fleet: Fleet):
        self.fleet = fleet
        self.refusals: list[Refusal] = []

    def lanes_of(self, llm: Llm) -> Iterator[Lane]:
        workloads = [w for w in self.fleet.workloads.values() if w.llm == llm.name]
        ways = handovers(self.fleet, llm)
        kinds: list[tuple[str, tuple[Profile, ...], Callable[..., Iterator[Lane]]]] = [
            ("prefill", llm.prefill, self._prefill),
            ("decode", llm.decode, self._decode),
            ("mixed", llm.mixed, self._mixed),
        ]
        for role, profiles, build in kinds:
            by_shape = {profile.shape: profile for profile in profiles}
            for sku, shape in ends_of(self.fleet, list(by_shape)):
                yield from _numbered(build(llm, sku, by_shape[shape], workloads, ways), llm, role, sku, shape)

    def _refuse(self, workload: Workload, role: str, sku: str, shape: Shape, why: Exception) -> None:
        target, best_s = (why.target, why.best_s) if isinstance(why, Unreachable) else (None, None)
        self.refusals.append(Refusal(workload.name, role, sku, shape, str(why), target, best_s))

    def _prefill(
        self, llm: Llm, sku: str, profile: PrefillProfile, workloads: list[Workload], ways: list[Handover]
    ) -> Iterator[Lane]:
        tasks = self._prefill_tasks(llm, sku, profile, workloads, ways)
        bounds = prefill.bounds_for(list(tasks.values()))
        reached: dict[str, Unreachable | None] = {}
        for bound in bounds:
            wanted: dict[Route, Requirement] = {}
            for route, task in tasks.items():
                if not bound.holds_for(task):
                    continue
                try:
                    wanted[route] = prefill.requirement(task, bound, tails=len(bounds) > 1)
                    reached[route.workload] = None
                except Unreachable as why:
                    best = reached.setdefault(route.workload, why)
                    if best is not None and why.best_s < best.best_s:
                        reached[route.workload] = why
            for required in filter(prefill.can_run, all_minima(wanted.values())):
                loads = {r: prefill.loads(tasks[r], required) for r, want in wanted.items() if admits(required, want)}
                yield _lane(_prefill_limits(required), loads)
        for name, missed in reached.items():
            if missed is not None:
                self._refuse(self.fleet.workloads[name], "prefill", sku, profile.shape, missed)

    def _prefill_tasks(
        self, llm: Llm, sku: str, profile: PrefillProfile, workloads: list[Workload], ways: list[Handover]
    ) -> dict[Route, prefill.PrefillTask]:
        tasks = {}
        for workload in workloads:
            try:
                service_s = prefill.service_s(profile, workload)
            except OutOfRange as why:
                self._refuse(workload, "prefill", sku, profile.shape, why)
                continue
            for way in ways:
                if (sku, profile.shape) in way.reach_gb_per_s:
                    spent_s = overhead_s(self.fleet, llm, workload, way.reach_gb_per_s[sku, profile.shape])
                    tasks[Route(workload.name, way.name)] = prefill.PrefillTask(
                        service_s, workload.prefill_service_cv2, spent_s, profile.shape.dp, workload.targets_of("ttft")
                    )
        return tasks

    def _decode(
        self, llm: Llm, sku: str, profile: DecodeProfile, workloads: list[Workload], ways: list[Handover]
    ) -> Iterator[Lane]:
        way = next(way for way in ways if (sku, profile.shape) in way.ends)
        curves, wanted = {}, {}
        for workload in workloads:
            route = Route(workload.name, way.name)
            try:
                curve = decode.batch_curve(profile, workload)
                for target in workload.targets_of("tpot"):
                    decode.throughput_tps(curve, target, self.fleet.assumptions)
                curves[route] = curve
                wanted[route] = self._tpot_requirement(workload)
            except (OutOfRange, Unreachable) as why:
                self._refuse(workload, "decode", sku, profile.shape, why)
        for required in all_minima(wanted.values()):
            loads: dict[Route, tuple[float, ...]] = {}
            for route, want in wanted.items():
                if admits(required, want):
                    output = self.fleet.workloads[route.workload].output_tokens
                    try:
                        loads[route] = (output / self._throughput_tps(curves[route], required),)
                    except Unreachable:
                        continue  # the others' targets are out of its reach: it does not join this pool
            yield _lane(("TPOT",), loads)

    def _tpot_requirement(self, workload: Workload) -> Requirement:
        targets = workload.targets_of("tpot")
        if self.fleet.assumptions.decode_load == "steady":  # a steady batch has no spread
            return (min(target.bound_s for target in targets),)
        bounds = {target.statistic: target.bound_s for target in targets}
        return tuple(bounds.get(statistic, inf) for statistic in STATISTICS)

    def _throughput_tps(self, curve: decode.BatchCurve, required: Requirement) -> float:
        targets = (
            Target("tpot", s, bound_s) for s, bound_s in zip(STATISTICS, required, strict=False) if bound_s < inf
        )
        return min(decode.throughput_tps(curve, target, self.fleet.assumptions) for target in targets)

    def _mixed(
        self, llm: Llm, sku: str, profile: MixedProfile, workloads: list[Workload], ways: list[Handover]
    ) -> Iterator[Lane]:
        curves, wanted = {}, {}
        for workload in workloads:
            route = Route(workload.name, ON_THE_SPOT)
            try:
                curve = mixed.mixed_curve(profile, workload)
                for target in workload.targets:
                    mixed.highest_rate_rps(curve, target)
                bounds = {(target.metric, target.statistic): target.bound_s for target in workload.targets}
                curves[route] = curve
                wanted[route] = tuple(bounds.get(key, inf) for key in _ALL_TARGETS)
            except (OutOfRange, Unreachable) as why:
                self._refuse(workload, "mixed", sku, profile.shape, why)
        for required in all_minima(wanted.values()):
            targets = [
                Target(*key, bound_s) for key, bound_s in zip(_ALL_TARGETS, required, strict=True) if bound_s < inf
            ]
            loads: dict[Route, tuple[float, ...]] = {}
            for route, want in wanted.items():
                if admits(required, want):
                    try:
                        loads[route] = (1 / min(mixed.highest_rate_rps(curves[route], target) for target in targets),)
                    except (Unreachable, KeyError):
                        continue
            yield _lane(("latency",), loads)


_ALL_TARGETS = tuple((metric, statistic) for metric in ("ttft", "tpot") for statistic in STATISTICS)


def _prefill_limits(required: Requirement) -> tuple[str, ...]:
    mean = ("mean wait",) if required[0] < inf else ()
    return (*mean, "wait percentile") if len(required) > 1 and required[1] < 0 else mean


def _lane(limits: tuple[str, ...], loads: dict[Route, tuple[float, ...]]) -> Lane:
    return Lane("", "", "", "", Shape("", 0), limits, loads)


def _numbered(found: Iterator[Lane], llm: Llm, role: str, sku: str, shape: Shape) -> Iterator[Lane]:
    for number, lane in enumerate(lane for lane in found if lane.loads):
        name = f"{llm.name} {role} {sku} {shape} #{number + 1}"
        yield Lane(name, llm.name, role, sku, shape, lane.limits, lane.loads)
