"""Parts of a plan that share no pools: each is simulated on its own, for as long as its requests take to pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from pdopt.fleet.fleet import Workload
from pdopt.simulate.draws import Source
from pdopt.simulate.engine import Outcome, Scene, replicate
from pdopt.simulate.moments import Moment
from pdopt.simulate.requests import Plenty, Stream, draw
from pdopt.simulate.settings import Settings
from pdopt.simulate.stations import station
from pdopt.simulate.ways import Way, apart, ways
from pdopt.traces.requests import Requests

WARM_UP, FLIGHTS_BEFORE, FLIGHTS_AFTER = 0.2, 3.0, 6.0


@dataclass(frozen=True)
class Part:
    """Workloads that share pools, in one period of one scenario.

    Attributes
    ----------
    before, counted, after : int
        Requests of a replication: those that fill the queues, those that count, and those that keep up the load until
        the last of these is done.
    """

    number: int
    moment: Moment
    scene: Scene
    before: int
    counted: int
    after: int
    outside: Counter[str] = field(default_factory=Counter)

    @property
    def words(self) -> str:
        """Name the workloads, and the period."""
        names = ", ".join(stream.workload.name for stream in self.scene.streams)
        return f"{self.moment.words}: {names}" if self.moment.words else names

    @property
    def follows_a_trace(self) -> bool:
        """Whether the rate of arrivals is one that changes."""
        return any(s.source.trace is not None and s.source.settings.arrivals == "trace" for s in self.scene.streams)

    def replication(self, turn: int) -> Outcome:
        """Simulate once; `turn` makes the random numbers, and the place in a trace to begin at."""
        settings, streams = self.scene.settings, self.scene.streams
        last = self.before + self.counted
        rate_rps = sum(s.source.offered_rps for s in streams if s.workload.name not in settings.concurrency)
        end_s = (last + self.after) / rate_rps if rate_rps else 0.0
        seeds = [settings.seed, self.number, turn]
        plenty = Plenty(end_s, last + self.after, turn / settings.replications)
        drawn = draw(streams, self.scene.stations, plenty, seeds)
        self.outside.update(drawn.outside)
        self.outside["requests"] += len(drawn.requests)
        return replicate(self.scene, drawn, (self.before, last), [*seeds, 1])

    def notes(self) -> Iterator[str]:
        """Say which lengths were held at the ends of what was measured, and what else is not as the plan says."""
        drawn = self.outside["requests"]
        for pool, count in self.outside.items():
            if count and pool != "requests":
                yield (
                    f"{pool}: {count:,} of {drawn:,} requests are shorter or longer than measured there; they go at "
                    "the speed of the nearest measured length"
                )
        for one in self.scene.stations:
            if one.pool.expected_away:
                yield (
                    f"{one.name}: {one.pool.expected_away:.3g} of {one.pool.instances} instances are away on average; "
                    f"{one.instances} are simulated"
                )
        for stream in self.scene.streams:
            yield from stream.source.notes()


def parts(moment: Moment, settings: Settings, traces: Mapping[str, Requests], number: int) -> Iterator[Part]:
    """Divide what runs in a period.

    Raises
    ------
    NotSimulatedError
        A pool cannot be simulated.
    """
    taken = {name: ways(moment.fleet, moment.pools, asked) for name, asked in moment.fleet.workloads.items()}
    taken = {name: found for name, found in taken.items() if found}
    for names in apart(taken):
        places = sorted({place for name in names for way in taken[name] for place in _places(way)})
        stations = [station(moment.fleet, moment.pools[place], settings) for place in places]
        streams = []
        for name in names:
            rate_rps = sum(way.rate_rps for way in taken[name])
            source = Source(moment.fleet.workloads[name], settings, rate_rps, traces.get(name))
            streams.append(Stream(source, [_within(way, places) for way in taken[name]]))
        before, counted, after = _sizes(streams, settings)
        yield Part(number, moment, Scene(streams, stations, settings), before, counted, after)
        number += 1


def _places(way: Way) -> list[int]:
    return [place for place in (way.encode, way.prefill, way.decode) if place >= 0]


def _within(way: Way, places: Sequence[int]) -> Way:
    moved = {place: i for i, place in enumerate(places)} | {-1: -1}
    return Way(way.rate_rps, moved[way.encode], moved[way.prefill], moved[way.decode], way.encoded_s, way.outside_s)


def _sizes(streams: Sequence[Stream], settings: Settings) -> tuple[int, int, int]:
    """Give the requests before, counted and after: by those in flight at once if every latency were at its bound."""
    counted = ceil(settings.requests / settings.replications)
    flights = sum(
        settings.concurrency.get(s.workload.name, s.source.offered_rps * _bound_s(s.workload)) for s in streams
    )
    before = ceil(max(WARM_UP * counted, FLIGHTS_BEFORE * flights))
    if settings.warm_up is not None:
        before = ceil(settings.warm_up * counted)
    return before, counted, ceil(FLIGHTS_AFTER * flights) + 100


def _bound_s(workload: Workload) -> float:
    ttft_s, tpot_s = (min(t.bound_s for t in workload.targets_of(metric)) for metric in ("ttft", "tpot"))
    return ttft_s + workload.output_tokens * tpot_s
