"""Pools of a plan as the event loop sees them: how many queues, how a queue works, which queue a router chooses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pdopt.fleet.fleet import Fleet, Workload
from pdopt.fleet.profiles import Shape
from pdopt.plan.plan import Pool
from pdopt.simulate.curves import BatchTable, Floats, Line, Ordinary, decode_table, ordinary
from pdopt.simulate.settings import DISPATCH, Settings
from pdopt.simulate.world import IN_STEPS, NOBODY, ONE_BY_ONE, POOL, QUEUE, SHARED, SLOT


@dataclass(frozen=True)
class Station:
    """A pool with what the event loop needs of it.

    Attributes
    ----------
    instances : int
        That are simulated: those of the plan less the ones away on average and the ones lost.
    dp : int
        Queues of an instance.
    speed : Line or None
        Encode and prefill: images or tokens per second of one queue.
    table : BatchTable or None
        Decode and ordinary instances.
    servers : dict
        Ordinary instances: workload → how it fares on one.
    """

    pool: Pool
    instances: int
    dp: int
    speed: Line | None = None
    table: BatchTable | None = None
    servers: dict[str, Ordinary] | None = None

    @property
    def name(self) -> str:
        """Name the pool."""
        return f"{self.pool.model} {self.pool.role} on {self.pool.sku}"

    @property
    def queues(self) -> int:
        """Lines of their own."""
        return self.instances * self.dp


class NotSimulatedError(ValueError):
    """A plan, or a part of it, that cannot be simulated; the message says why and what to do."""


def station(fleet: Fleet, pool: Pool, settings: Settings) -> Station:
    """Make a station of a pool.

    Raises
    ------
    NotSimulatedError
        Nothing of the pool is left, or the fleet has no profile of it, or an ordinary one without means.
    """
    profile = _profile(fleet, pool)
    count = round(pool.instances - (pool.expected_away or 0.0)) - settings.lost
    if count < 1:
        raise NotSimulatedError(
            f"{pool.model} {pool.role} on {pool.sku}: {pool.instances} instances, none of them left to simulate; "
            "take fewer away"
        )
    asked = [fleet.workloads[name] for name in pool.serves]
    if pool.role == "decode":
        return Station(pool, count, 1, table=decode_table(profile, asked))
    if pool.role == "mixed":
        return _ordinary(pool, count, profile, asked)
    x, y = (
        (profile.image_tokens, profile.images_per_s)
        if pool.role == "encode"
        else (profile.input_tokens, profile.tokens_per_s)
    )
    return Station(pool, count, pool.dp, speed=Line(np.array(x, float), np.array(y, float) / pool.dp))


def _profile(fleet: Fleet, pool: Pool) -> Any:
    shape = Shape(pool.gpu, pool.gpus_per_instance, pool.parallelism, pool.dp, pool.engine, pool.precision)
    for profile in getattr(fleet.llms[pool.model], pool.role):
        if profile.shape == shape:
            return profile
    raise NotSimulatedError(f"{pool.model} has no {pool.role} profile of {shape}; solve the fleet again")


def _ordinary(pool: Pool, count: int, profile: Any, asked: Sequence[Workload]) -> Station:
    servers = {workload.name: ordinary(profile, workload) for workload in asked}
    known = {name: server for name, server in servers.items() if server is not None}
    if len(known) < len(servers):
        lacking = ", ".join(name for name in servers if name not in known)
        raise NotSimulatedError(
            f"{pool.model} mixed on {pool.sku}: no mean TTFT and TPOT were measured together for {lacking}, so it is "
            "not known how many requests an instance holds; add them to the profile"
        )
    return Station(pool, count, 1, table=next(iter(known.values())).table(), servers=known)


def work_part(station: Station, workload: str) -> float:
    """Work of a request of a workload on an ordinary instance, as a part of one of the first workload there."""
    if not station.servers:
        return 1.0
    first = next(iter(station.servers.values()))
    return float(first.present.y.max() / station.servers[workload].present.y.max())


def pool_table(stations: Sequence[Station], settings: Settings) -> tuple[Any, Floats]:
    """Give the rows of the pools, and the measured numbers that they point into."""
    pools = np.zeros(len(stations), POOL)
    pools["queues"] = pools["up"] = [one.queues for one in stations]
    pools["first"] = np.cumsum(pools["queues"]) - pools["queues"]
    pools["rule"] = DISPATCH.index(settings.dispatch or "random")
    pools["chunk"] = settings.chunk_tokens or 0
    pools["turn"] = pools["limbo"] = NOBODY
    measured: list[Floats] = []

    def put(numbers: Floats) -> int:
        at = sum(part.size for part in measured)
        measured.append(numbers.ravel())
        return at

    for pool, one in zip(pools, stations, strict=True):
        pool["way"] = SHARED if one.table else IN_STEPS if _in_steps(one, settings) else ONE_BY_ONE
        if one.table:
            pool["contexts"], _, pool["rows"] = one.table.columns.shape
            pool["grid"], pool["tables"] = put(one.table.contexts), put(one.table.columns)
            pool["most"], pool["memory"] = put(one.table.most), one.table.memory
        if one.speed:
            pool["lengths"], pool["speeds"] = len(one.speed.x), put(np.concatenate([one.speed.x, one.speed.y]))
    return pools, np.concatenate(measured)


def _in_steps(station: Station, settings: Settings) -> bool:
    return station.pool.role == "prefill" and settings.chunk_tokens is not None


def queue_table(stations: Sequence[Station]) -> tuple[Any, Any]:
    """Give the rows of the queues, all empty, and the slots of their batches."""
    owner = np.repeat(np.arange(len(stations)), [one.queues for one in stations])
    room = np.array([0 if one.table is None else one.table.columns.shape[2] for one in stations])[owner]
    queues = np.zeros(len(owner), QUEUE)
    queues["index"], queues["pool"], queues["slots"] = np.arange(len(owner)), owner, np.cumsum(room) - room
    queues["head"] = queues["tail"] = NOBODY
    return queues, np.zeros(int(room.sum()) + 1, SLOT)
