"""The requests of one replication as rows of the event loop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pdopt.fleet.fleet import Workload
from pdopt.simulate.curves import Floats, Line
from pdopt.simulate.draws import Lots, Source, varied
from pdopt.simulate.stations import Station, work_part
from pdopt.simulate.ways import Way
from pdopt.simulate.world import DECODE, ENCODE, LOOP, NOBODY, PREFILL, REQUEST


@dataclass(frozen=True)
class Drawn:
    """The requests of a replication as rows of the event loop, those of open loops in the order they arrive first.

    Attributes
    ----------
    opens : array
        Arrivals of open loops.
    begins : array of int
        Requests that closed loops begin with; `loops` has the next one of each, and the one past its last.
    workload, way, outputs : array
        Place of the workload, of its way, and output tokens, by request.
    outside : dict
        Pool → requests whose lengths lie outside its measured ones.
    """

    requests: NDArray[Any]
    opens: Floats
    begins: NDArray[np.int64]
    loops: NDArray[Any]
    workload: NDArray[np.int64]
    way: NDArray[np.int64]
    outputs: Floats
    outside: Counter[str]


@dataclass(frozen=True)
class Stream:
    """One workload with its ways through the stations."""

    source: Source
    ways: Sequence[Way]

    @property
    def workload(self) -> Workload:
        """The class of requests."""
        return self.source.workload


@dataclass(frozen=True)
class Plenty:
    """How long to draw for: until an end, and so many requests of each closed loop."""

    end_s: float
    closed: int
    turn: float


def draw(streams: Sequence[Stream], stations: Sequence[Station], plenty: Plenty, seed: Any) -> Drawn:
    """Draw the requests of a replication."""
    random = np.random.default_rng(seed)
    settings = streams[0].source.settings
    flights = [settings.concurrency.get(stream.workload.name, 0) for stream in streams]
    closed, opened = [i for i, n in enumerate(flights) if n], [i for i, n in enumerate(flights) if not n]
    drawn = [streams[i].source.until(plenty.end_s, random, plenty.turn) for i in opened]
    drawn += [streams[i].source.so_many(plenty.closed, random) for i in closed]
    parts = [_part(streams[i], one, stations, random) for i, one in zip((*opened, *closed), drawn, strict=True)]
    arrivals = np.concatenate([np.zeros(0), *(one.arrival_s for one in drawn)])
    requests = np.concatenate([part.requests for part in parts])
    order = np.concatenate([np.argsort(arrivals, kind="stable"), np.arange(len(arrivals), len(requests))])
    requests = requests[order]
    sizes = [len(one) for one in drawn]
    begins, loops, requests["loop"] = _loops(len(arrivals), sizes[len(opened) :], [flights[i] for i in closed])
    requests["think_s"] = random.standard_exponential(len(requests)) * settings.think_s
    return Drawn(
        requests=requests,
        opens=arrivals[order[: len(arrivals)]],
        begins=begins,
        loops=loops,
        workload=np.repeat((*opened, *closed), sizes)[order],
        way=np.concatenate([part.way for part in parts])[order],
        outputs=np.concatenate([one.output_tokens for one in drawn])[order],
        outside=sum((part.outside for part in parts), Counter()),
    )


def _loops(
    opens: int, sizes: Sequence[int], flights: Sequence[int]
) -> tuple[NDArray[np.int64], NDArray[Any], NDArray[np.int64]]:
    """Give the requests that loops begin with, the loops, and the loop of each request (-1: none)."""
    ends = opens + np.cumsum(sizes, dtype=np.int64)
    loops = np.zeros(len(sizes), LOOP)
    starts = ends - np.array(sizes, np.int64)
    loops["next"], loops["end"] = starts + np.array(flights, np.int64), ends
    begins = [np.arange(at, at + flight) for at, flight in zip(starts, flights, strict=True)]
    which = np.repeat(np.arange(-1, len(sizes)), [opens, *sizes])
    return np.concatenate([np.zeros(0, np.int64), *begins]), loops, which


@dataclass(frozen=True)
class _Part:
    requests: NDArray[Any]
    way: NDArray[np.int64]
    outside: Counter[str]


def _part(stream: Stream, drawn: Lots, stations: Sequence[Station], random: np.random.Generator) -> _Part:
    """Choose a way for each request of one workload, and say what work it brings to each stage of it."""
    ways, requests = stream.ways, np.zeros(len(drawn), REQUEST)
    rates = np.array([way.rate_rps for way in ways])
    way = np.searchsorted(np.cumsum(rates / rates.sum())[:-1], random.random(len(drawn)), side="right")
    requests["place"] = np.array([(one.encode, one.prefill, one.decode) for one in ways])[way]
    requests["after_s"] = np.array([(one.encoded_s, max(one.prefill >= 0, 0) * one.outside_s, 0.0) for one in ways])[
        way
    ]
    requests["pick"] = random.random((len(drawn), 3))
    requests["tokens"] = requests["rest"] = np.maximum(drawn.input_tokens - drawn.cached_tokens, 1.0)
    requests["context"] = requests["held"] = drawn.input_tokens + drawn.output_tokens / 2
    requests["first_token_s"] = requests["rank"] = NOBODY
    requests["arrival_s"] = requests["done_s"] = np.nan
    varied = _varied_service(stream, len(drawn), random)
    outside: Counter[str] = Counter()
    for stage in (ENCODE, PREFILL, DECODE):
        for number in np.unique(requests["place"][:, stage]):
            if number >= 0:
                here = np.flatnonzero(requests["place"][:, stage] == number)
                amounts, beyond = _work(stations[number], stream.workload, requests[here], drawn.output_tokens[here])
                requests["work"][here, stage] = amounts * (varied[stage][here] if stage < DECODE else 1.0)
                outside[stations[number].name] += beyond
    return _Part(requests, way, outside)


def _varied_service(stream: Stream, count: int, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Factors on the time of encode and of prefill; where lengths spread by themselves, prefill has none."""
    asked, settings = stream.workload, stream.source.settings
    spread = stream.source.trace is not None or settings.inputs.spread != "fixed" or settings.hit_rate is not None
    encode = varied(random, asked.encode_service_cv2 if asked.images else 0.0, count)
    return encode, varied(random, 0.0 if spread else asked.prefill_service_cv2, count)


def _work(station: Station, asked: Workload, requests: NDArray[Any], outputs: Floats) -> tuple[Floats, int]:
    """Give work at a station (seconds, output tokens, or parts of a request), and how many requests lie outside."""
    if station.servers is not None:
        requests["context"] = 0.0
        return outputs / asked.output_tokens * work_part(station, asked.name), 0
    if station.table is not None:
        grid = station.table.contexts
        return outputs, Line(grid, grid).outside(requests["context"]) if len(grid) > 1 else 0
    assert station.speed is not None
    if station.pool.role == "encode":
        return np.full(len(requests), asked.images / float(station.speed.at(asked.image_tokens))), 0
    return requests["tokens"] / station.speed.at(requests["tokens"]), station.speed.outside(requests["tokens"])
