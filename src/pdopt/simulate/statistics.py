"""What replications saw of workloads and pools, with intervals, and whether targets hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pdopt.fleet.fleet import Target, Workload
from pdopt.simulate.answers import LEVELS, Estimate, Holds, PoolSeen, TargetSeen, WorkloadSeen
from pdopt.simulate.engine import Outcome
from pdopt.simulate.intervals import estimate
from pdopt.simulate.parts import Part
from pdopt.simulate.requests import Stream

Floats = NDArray[np.float64]
QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
STATISTICS = ("mean", *QUANTILES)
METRICS = ("ttft", "tpot", "e2e")
GROWTH, GROWTH_CONFIDENCE = 0.25, 0.999
GROWING = "queues still grew at the end: more comes than is served, or so few requests do not show a steady state"
SPREAD_UNKNOWN = (
    "an ordinary instance was measured at steady loads; how the latencies of single requests spread there is not known"
)


class Seen:
    """A part of a plan with what all its replications found, the start left out.

    Parameters
    ----------
    part : Part
    outcomes : sequence of Outcome
    """

    def __init__(self, part: Part, outcomes: Sequence[Outcome]):
        self._part, self._outcomes = part, outcomes
        self.growing = {metric for metric in METRICS if self._grows(metric)}

    def notes(self) -> Iterator[str]:
        """Say what to know of the numbers."""
        yield from self._part.notes()
        if self.growing:
            yield f"{self._part.words}: {GROWING}"
        restarts = sum(outcome.restarts for outcome in self._outcomes)
        if restarts:
            yield f"{self._part.words}: instances failed, and {restarts:,} times a request started again elsewhere"

    def workloads(self) -> Iterator[WorkloadSeen]:
        """Yield what each workload got."""
        for place in range(len(self._part.scene.streams)):
            yield self._workload(place)

    def pools(self) -> Iterator[PoolSeen]:
        """Yield what the pools were at."""
        moment = self._part.moment
        for place, station in enumerate(self._part.scene.stations):
            yield PoolSeen(
                model=station.pool.model,
                role=station.pool.role,
                sku=station.pool.sku,
                period=moment.period,
                scenario=moment.scenario,
                instances=station.instances,
                queues=station.queues,
                busy=self._over(lambda outcome, at=place: float(outcome.busy[at])),  # type: ignore[misc]
                batch=self._over(lambda outcome, at=place: float(outcome.serving[at])),  # type: ignore[misc]
                waiting=self._over(lambda outcome, at=place: float(outcome.waiting[at])),  # type: ignore[misc]
                longest=max(int(outcome.longest[place]) for outcome in self._outcomes),
            )

    def _over(self, value: Callable[[Outcome], float]) -> Estimate:
        return estimate([value(outcome) for outcome in self._outcomes], self._part.scene.settings.confidence)

    def _workload(self, place: int) -> WorkloadSeen:
        stream, moment = self._part.scene.streams[place], self._part.moment
        asked, settings = stream.workload, self._part.scene.settings
        chosen = [_chosen(outcome, place, self._part.before) for outcome in self._outcomes]
        times = {
            metric: [getattr(o, f"{metric}_s")[c] * 1e3 for o, c in zip(self._outcomes, chosen, strict=True)]
            for metric in METRICS
        }
        good = [_good(asked, [times[metric][i] for metric in METRICS]) for i in range(len(chosen))]
        completed = [_completed_rps(outcome, place) for outcome in self._outcomes]
        latencies = {metric: self._latencies(times[metric]) for metric in METRICS}
        in_flight = settings.concurrency.get(asked.name)
        return WorkloadSeen(
            name=asked.name,
            model=asked.llm,
            period=moment.period,
            scenario=moment.scenario,
            demand_rps=moment.demand_rps[asked.name],
            offered_rps=stream.source.offered_rps if in_flight is None else None,
            in_flight=in_flight,
            completed_rps=estimate(completed, settings.confidence),
            ttft_ms=latencies["ttft"],
            tpot_ms=latencies["tpot"],
            e2e_ms=latencies["e2e"],
            spread_ms={metric: _spread(times[metric]) for metric in METRICS},
            targets=tuple(self._target(stream, target, latencies) for target in asked.targets),
            within_targets=estimate(good, settings.confidence),
            goodput_rps=estimate([a * b for a, b in zip(good, completed, strict=True)], settings.confidence),
            requests=sum(map(len, chosen)),
        )

    def _latencies(self, times: Sequence[Floats]) -> dict[str, Estimate]:
        return {
            statistic: estimate([_statistic(one, statistic) for one in times], self._part.scene.settings.confidence)
            for statistic in STATISTICS
        }

    def _target(self, stream: Stream, target: Target, latencies: dict[str, dict[str, Estimate]]) -> TargetSeen:
        name = f"{target.metric}_{target.statistic}_ms"
        planned = self._part.moment.planned.get(stream.workload.name)
        seen, bound_ms = latencies[target.metric][target.statistic], target.bound_s * 1e3
        ordinary = any(self._part.scene.stations[way.decode].servers is not None for way in stream.ways)
        verdict, why = _verdict(seen, bound_ms), ""
        if verdict == "holds" and ordinary and target.statistic != "mean":
            verdict, why = "undecided", SPREAD_UNKNOWN
        if verdict == "holds" and target.metric in self.growing:
            verdict, why = "undecided", GROWING
        return TargetSeen(
            target=name,
            bound_ms=bound_ms,
            seen_ms=seen,
            planned_ms=None if planned is None else getattr(planned, name),
            verdict=verdict,
            why=why,
        )

    def _grows(self, metric: str) -> bool:
        """Whether times grew: the last third of those that count is longer, in all likelihood, than the first."""
        if self._part.follows_a_trace:
            return False
        thirds = [np.array_split(_relative(outcome, metric)[self._part.before :], 3) for outcome in self._outcomes]
        longer = estimate([float(last.mean() - first.mean()) for first, _, last in thirds], GROWTH_CONFIDENCE)
        return longer.low > 0 and longer.mean > GROWTH


def _verdict(seen: Estimate, bound_ms: float) -> Holds:
    return "holds" if seen.high <= bound_ms else "fails" if seen.low > bound_ms else "undecided"


def _relative(outcome: Outcome, metric: str) -> Floats:
    """Give times of requests over the mean of their workload, in the order of entering."""
    times_s: Floats = getattr(outcome, f"{metric}_s")
    present = np.unique(outcome.workload)
    means = np.ones(int(present.max()) + 1)
    for place in present:
        means[place] = np.nanmean(times_s[outcome.workload == place])
    relative = times_s / means[outcome.workload]
    return np.where(np.isfinite(relative), relative, 1.0)


def _chosen(outcome: Outcome, place: int, left_out: int) -> NDArray[np.int64]:
    found = np.flatnonzero((outcome.workload == place) & np.isfinite(outcome.e2e_s))
    return found[found >= left_out]


def _statistic(times: Floats, statistic: str) -> float:
    if len(times) == 0:
        return float("nan")
    return float(times.mean() if statistic == "mean" else np.quantile(times, QUANTILES[statistic]))


def _spread(times: Sequence[Floats]) -> tuple[float, ...]:
    known = [np.quantile(one, LEVELS) for one in times if len(one)]
    return tuple(float(value) for value in np.mean(known, axis=0)) if known else ()


def _good(asked: Workload, times_ms: Sequence[Floats]) -> float:
    by_metric = dict(zip(METRICS, times_ms, strict=True))
    within = np.ones(len(times_ms[0]), bool)
    for target in asked.targets:
        within &= by_metric[target.metric] <= target.bound_s * 1e3
    return float(within.mean()) if len(within) else float("nan")


def _completed_rps(outcome: Outcome, place: int) -> float:
    from_s, to_s = outcome.seen
    done_s = outcome.done_s[outcome.workload == place]
    return float(np.count_nonzero((done_s >= from_s) & (done_s < to_s)) / (to_s - from_s))
