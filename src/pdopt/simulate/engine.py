"""One replication: columns together, the event loop over them, and what each request met."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pdopt.simulate.compiled import COMPILED
from pdopt.simulate.curves import Floats
from pdopt.simulate.requests import Drawn, Stream
from pdopt.simulate.settings import Failures, Settings
from pdopt.simulate.stations import Station, pool_table, queue_table
from pdopt.simulate.world import COMING, INSTANCE, NEVER, TALLY, World, column, plain

CHANCES = 1 << 14


@dataclass(frozen=True)
class Scene:
    """Workloads and the pools that they share with no others, and how these are run."""

    streams: Sequence[Stream]
    stations: Sequence[Station]
    settings: Settings


@dataclass(frozen=True)
class Outcome:
    """What a replication found, requests in the order they entered, from the first on; seconds.

    Attributes
    ----------
    workload : array of int
        Place of the workload of each request.
    busy, serving, waiting, longest : array, by station
        Means over its queues while watched: part of the time busy, requests in service, waiting; most waiting in any.
    seen_s : float
        How long they were watched.
    """

    workload: NDArray[np.int64]
    ttft_s: Floats
    tpot_s: Floats
    e2e_s: Floats
    done_s: Floats
    busy: Floats
    serving: Floats
    waiting: Floats
    longest: NDArray[np.int64]
    seen: tuple[float, float]
    events: int
    restarts: int


def replicate(scene: Scene, drawn: Drawn, span: tuple[int, int], seed: Any) -> Outcome:
    """Let drawn requests pass; those from..to (exclusive) in the order of entering are waited for, and queues watched.

    Parameters
    ----------
    span : (int, int)
    seed : of the failures
    """
    pools, measured = pool_table(scene.stations, scene.settings)
    queues, slots = queue_table(scene.stations)
    instances = _instances(scene.stations, scene.settings.failures)
    leaves = 1 << max(len(queues) + len(instances) - 1, 1).bit_length()
    tally = np.zeros(1, TALLY)
    tally["seen_to_s"] = NEVER
    world = World(
        requests=drawn.requests.copy(),
        pools=pools,
        queues=queues,
        instances=instances,
        loops=drawn.loops.copy(),
        opens=np.append(drawn.opens, NEVER),
        tree=np.full(2 * leaves, NEVER),
        later=np.zeros(len(drawn.requests) + 1, COMING),
        slots=slots,
        measured=measured,
        chances=np.random.default_rng(seed).standard_exponential(CHANCES if len(instances) else 1),
        tally=tally,
    )
    return _told(scene, drawn, _play(world, drawn.begins, span), span[1])


def _instances(stations: Sequence[Station], failures: Failures | None) -> NDArray[Any]:
    """Rows of the instances that fail; none where nothing does."""
    if failures is None:
        return np.zeros(0, INSTANCE)
    dp = np.repeat([one.dp for one in stations], [one.instances for one in stations])
    instances = np.zeros(len(dp), INSTANCE)
    instances["first"], instances["queues"] = np.cumsum(dp) - dp, dp
    instances["lasts_s"], instances["repair_s"] = failures.lasts_s, failures.repair_s
    return instances


def _play(world: World, begins: NDArray[np.int64], span: tuple[int, int]) -> World:
    """Run the event loop, compiled on arrays, or plain on lists, which plain Python reads faster; the same numbers."""
    run, begin = _loop()
    world = world if COMPILED else plain(world)
    begin(world, begins, span[1] - span[0])
    run(world, *span)
    return world


@lru_cache(maxsize=1)
def _loop() -> tuple[Callable[..., None], Callable[..., None]]:
    """Give the loop, compiled anew whenever any of the files changes that its functions stand in."""
    from pdopt.simulate.events.loop import loop

    files = sorted((Path(__file__).parent / "events").glob("*.py"))
    return loop(zlib.crc32(b"".join(file.read_bytes() for file in [*files, Path(__file__).with_name("world.py")])))


def _told(scene: Scene, drawn: Drawn, w: World, counted: int) -> Outcome:
    rank = column(w.requests, "rank")
    order = np.argsort(np.where(rank < 0, len(rank), rank), kind="stable")[:counted]
    arrival_s, first_s, done_s, met = (
        column(w.requests, n)[order] for n in ("arrival_s", "first_token_s", "done_s", "met")
    )
    e2e_s, ttft_s, which = done_s - arrival_s, first_s - arrival_s, drawn.workload[order]
    for place, stream in enumerate(scene.streams):
        for number, way in enumerate(stream.ways):
            servers = scene.stations[way.decode].servers
            if servers is not None:
                here = np.flatnonzero((which == place) & (drawn.way[order] == number))
                part = servers[stream.workload.name].ttft_part.at(met[here].astype(float))
                ttft_s[here] = e2e_s[here] * part + way.outside_s
                e2e_s[here] += way.outside_s
    first, queues = column(w.pools, "first"), column(w.pools, "queues")
    tally = {name: column(w.tally, name)[0] for name in TALLY.names or ()}
    from_s, to_s = float(tally["seen_from_s"]), float(tally["seen_to_s"])

    def mean(name: str) -> Floats:
        return np.asarray(np.add.reduceat(column(w.queues, name), first) / queues / (to_s - from_s))

    return Outcome(
        workload=which,
        ttft_s=ttft_s,
        tpot_s=(e2e_s - ttft_s) / drawn.outputs[order],
        e2e_s=e2e_s,
        done_s=done_s,
        busy=mean("busy_s"),
        serving=mean("serving_s"),
        waiting=mean("waiting_s"),
        longest=np.maximum.reduceat(column(w.queues, "longest"), first),
        seen=(from_s, to_s),
        events=int(tally["events"]),
        restarts=int(tally["restarts"]),
    )
