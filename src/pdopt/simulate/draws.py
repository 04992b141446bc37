"""Random numbers of a replication: gaps, lengths, ways, service; all from one seed, the same on every machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from pdopt.fleet.fleet import Workload
from pdopt.simulate.settings import Lengths, Settings
from pdopt.traces.arrivals import spread, tick_s
from pdopt.traces.requests import Requests

TOLD_FROM = 0.05
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Lots:
    """Requests of one workload: times of arrival (empty in a closed loop) and tokens."""

    arrival_s: Floats
    input_tokens: Floats
    cached_tokens: Floats
    output_tokens: Floats

    def __len__(self) -> int:
        return len(self.input_tokens)


@dataclass(frozen=True)
class Source:
    """Where the requests of one workload come from."""

    workload: Workload
    settings: Settings
    rate_rps: float
    trace: Requests | None = None

    @property
    def offered_rps(self) -> float:
        """Rate at which requests arrive."""
        if self.trace is not None and self.settings.arrivals == "trace" and self.settings.as_recorded:
            return (len(self.trace) - 1) / self.trace.span_s
        return self.rate_rps

    def notes(self) -> Iterator[str]:
        """Say where a trace has other lengths than the workload."""
        if self.trace is not None:
            asked, trace = self.workload, self.trace
            pairs = (
                ("input tokens to compute", float(trace.new_tokens.mean()), asked.new_tokens),
                ("output tokens", float(trace.output_tokens.mean()), asked.output_tokens),
            )
            for what, recorded, stated in pairs:
                if abs(recorded / stated - 1) > TOLD_FROM:
                    yield f"{asked.name}: the trace has {recorded:.4g} {what} on average, the fleet says {stated:.4g}"

    def until(self, end_s: float, random: np.random.Generator, turn: float) -> Lots:
        """Draw the requests that arrive before an end; `turn` in [0, 1) is where in a trace to begin."""
        if self.trace is not None and self.settings.arrivals == "trace":
            return self._replayed(self.trace, end_s, turn)
        cv = self.settings.gap_cv if self.settings.arrivals == "gamma" else 1.0
        arrival_s = _renewals(random, self.rate_rps, cv, end_s)
        return self._with_lengths(arrival_s, len(arrival_s), random)

    def so_many(self, count: int, random: np.random.Generator) -> Lots:
        """Draw requests that come when a closed loop lets them."""
        return self._with_lengths(np.zeros(0), count, random)

    def _replayed(self, trace: Requests, end_s: float, turn: float) -> Lots:
        tick = tick_s(trace.arrival_s)
        times = trace.arrival_s if tick is None else spread(trace.arrival_s, tick)
        cycle_s = float(times[-1]) * len(times) / max(len(times) - 1, 1)
        stretch = 1.0 if self.settings.as_recorded else len(times) / cycle_s / self.rate_rps
        times, cycle_s = times * stretch, cycle_s * stretch
        from_s = turn * cycle_s
        laps = int(np.ceil((from_s + end_s) / cycle_s)) + 1
        place = np.arange(np.searchsorted(times, from_s), laps * len(times))
        arrival_s = times[place % len(times)] + (place // len(times)) * cycle_s - from_s
        place = place[arrival_s < end_s] % len(times)
        return Lots(arrival_s[arrival_s < end_s], *_lengths_at(trace, place))

    def _with_lengths(self, arrival_s: Floats, count: int, random: np.random.Generator) -> Lots:
        if self.trace is not None:
            place = (random.random(count) * len(self.trace)).astype(np.int64)
            return Lots(arrival_s, *_lengths_at(self.trace, place))
        asked, settings = self.workload, self.settings
        factor = _spread_around_one(random, settings.inputs, count)
        cached = np.full(count, asked.cached_tokens)
        if settings.hit_rate is not None:
            cached = np.where(random.random(count) < settings.hit_rate, cached / settings.hit_rate, 0.0)
        outputs = whole_tokens(random, asked.output_tokens, settings.outputs, count)
        return Lots(arrival_s, asked.input_tokens * factor, cached * factor, outputs)


def _lengths_at(trace: Requests, place: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
    cached = np.zeros(len(place)) if trace.cached_tokens is None else trace.cached_tokens[place].astype(float)
    return trace.input_tokens[place].astype(float), cached, np.maximum(trace.output_tokens[place].astype(float), 1.0)


def _renewals(random: np.random.Generator, rate_rps: float, cv: float, end_s: float) -> Floats:
    """Draw arrivals with independent gaps: exponential, or gamma of some coefficient of variation."""
    parts, reached_s = [np.zeros(0)], 0.0
    while reached_s < end_s:
        mean = rate_rps * (end_s - reached_s)
        count = int(mean + 4 * cv * sqrt(mean)) + 16
        shape = 1 / cv**2
        gaps = random.standard_exponential(count) if cv == 1 else random.standard_gamma(shape, count) / shape
        times = reached_s + np.cumsum(gaps) / rate_rps
        parts.append(times)
        reached_s = float(times[-1])
    every = np.concatenate(parts)
    return np.asarray(every[every < end_s])


def _spread_around_one(random: np.random.Generator, lengths: Lengths, count: int) -> Floats:
    if lengths.spread == "fixed":
        return np.ones(count)
    if lengths.spread == "exponential":
        return random.standard_exponential(count)
    sigma2 = log(1 + lengths.cv**2)
    return np.exp(sqrt(sigma2) * random.standard_normal(count) - sigma2 / 2)


def whole_tokens(random: np.random.Generator, mean: float, lengths: Lengths, count: int) -> Floats:
    """Draw output tokens: at least one each; exponential ones are geometric, so that their mean is kept."""
    if lengths.spread == "fixed" or mean <= 1:
        return np.full(count, max(mean, 1.0))
    if lengths.spread == "exponential":
        return np.asarray(np.ceil(random.standard_exponential(count) / -log(1 - 1 / mean)).clip(1))
    return np.asarray(np.maximum(np.rint(mean * _spread_around_one(random, lengths, count)), 1.0))


def varied(random: np.random.Generator, cv2: float, count: int) -> Floats:
    """Draw factors of mean 1: none (0), exponential (1), else gamma."""
    if cv2 == 0:
        return np.ones(count)
    return random.standard_exponential(count) if cv2 == 1 else random.standard_gamma(1 / cv2, count) * cv2
