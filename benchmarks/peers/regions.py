"""SageServe's program against pdopt: LLMs in regions, one hour after the other, and a whole day at once."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from benchmarks.peers.cbc import Found, solved
from benchmarks.peers.ours import Planned, planned
from benchmarks.peers.sageserve import Place, Region, document, drawn, one_hour, whole_day
from benchmarks.peers.tables import Rows

HOUR_SIZES = ((4, 3, 1), (10, 5, 6), (30, 10, 6))  # LLMs, regions, GPU types; the first is the size of its evaluation
DAY_SIZES = ((4, 3, 1), (30, 10, 6))
HOURS, FROM = 24, 9
THEIRS = tuple(f"sageserve_{name}" for name in ("proven", "usd_per_h", "bound_usd_per_h", "wall_s", "cpu_s"))


@dataclass(frozen=True)
class Case:
    """One input: an hour that follows another, or a day."""

    size: tuple[int, int, int]
    what: str
    running: dict[Place, int] = field(default_factory=dict)

    @property
    def fleet(self) -> Region:
        return drawn(*self.size, HOURS)


def region_rows(
    limit_s: float, our_limit_s: float, largest: int = 3, before: Rows | None = None
) -> Iterator[dict[str, object]]:
    """Solve each input both ways; theirs two at a time, ours alone. Theirs is not solved again if it was `before`."""
    ours = [_hour(size, our_limit_s) for size in HOUR_SIZES[:largest]]
    ours += [_day(size, our_limit_s) for size in DAY_SIZES[:largest]]
    if before:
        for (case, mine), old in zip(ours, before, strict=True):
            yield {**old, **{name: value for name, value in _row(case, None, mine).items() if name not in THEIRS}}
        return
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn"), max_tasks_per_child=1) as processes:
        theirs = list(processes.map(_theirs, [case for case, _ in ours], [limit_s] * len(ours)))
    for (case, mine), peer in zip(ours, theirs, strict=True):
        yield _row(case, peer, mine)


def _hour(size: tuple[int, int, int], limit_s: float) -> tuple[Case, Planned]:
    fleet = drawn(*size, HOURS)
    before = _planned(document(fleet, FROM - 1), limit_s)
    running = _running(fleet, before)
    return Case(size, "an hour", running), _planned(document(fleet, FROM), limit_s, before)


def _day(size: tuple[int, int, int], limit_s: float) -> tuple[Case, Planned]:
    return Case(size, "a day"), _planned(document(drawn(*size, HOURS)), limit_s)


def _planned(fleet: dict[str, object], limit_s: float, before: Planned | None = None) -> Planned:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "fleet.yaml"
        file.write_text(yaml.safe_dump(fleet, sort_keys=False), encoding="utf-8")
        return planned(file, limit_s, current=None if before is None else before.plan)


def _running(fleet: Region, before: Planned) -> dict[Place, int]:
    """Give the instances of a plan by place."""
    found = dict.fromkeys(fleet.places, 0)
    for pool in before.plan.pools:
        gpu, region = pool.sku.rsplit("-r", 1)
        found[int(pool.model[1:]), int(region), fleet.gpus.index(gpu)] += pool.instances
    return found


def _theirs(case: Case, limit_s: float) -> Found:
    if case.what == "a day":
        return solved(whole_day(case.fleet)[0], limit_s, per=HOURS)
    kept = sum(case.fleet.usd_per_h[gpu] * count for (_, _, gpu), count in case.running.items())
    return solved(one_hour(case.fleet, FROM, case.running)[0], limit_s, plus=kept)


def _row(case: Case, peer: Found | None, ours: Planned) -> dict[str, object]:
    peer = peer or Found(False, None, None, 0.0, 0.0)
    wall, cpu = ours.clock.wall_s, ours.clock.cpu_s
    return {
        "input": "{} LLMs × {} regions × {} GPU types".format(*case.size),
        "what": case.what,
        "sageserve_proven": peer.proven,
        "sageserve_usd_per_h": _rounded(peer.cost),
        "sageserve_bound_usd_per_h": _rounded(peer.bound),
        "sageserve_wall_s": round(peer.wall_s, 2),
        "sageserve_cpu_s": round(peer.cpu_s, 2),
        "pdopt_status": ours.status,
        "pdopt_usd_per_h": _rounded(ours.usd_per_h),
        "pdopt_bound_usd_per_h": _rounded(ours.bound_usd_per_h),
        "pdopt_wall_s": round(sum(wall.values()), 2),
        "pdopt_cpu_s": round(sum(cpu.values()), 2),
        "build_cpu_s": round(cpu["build"], 2),
        "solve_cpu_s": round(cpu["solve"], 2),
        "plan_cpu_s": round(cpu.get("plan", 0.0), 2),
    }


def _rounded(number: float | None) -> object:
    return "" if number is None else round(number, 4)
