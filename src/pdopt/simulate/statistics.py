"""What replications saw of workloads and pools, with intervals, and whether targets hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pdopt.fleet.fleet import Target, Workload
from pdopt.simulate.answers import Estimate, Holds, PoolSeen, TargetSeen, WorkloadSeen
from pdopt.simulate.engine import Outcome
from pdopt.simulate.intervals import estimate, settled_from
from pdopt.simulate.parts import Part

Floats = NDArray[np.float64]
QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
STATISTICS = ("mean", *QUANTILES)
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
        self._confidence = part.scene.settings.confidence
        self.left_out = self._left_out()

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

    def _left_out(self) -> int:
        """Count the requests to leave out at the start: those that fill the queues, and more where MSER-5 says so."""
        if self._part.scene.settings.warm_up is not None:
            return self._part.before
        several = [_relative(outcome) for outcome in self._outcomes]
        count = min(len(series) for series in several)
        return max(self._part.before, settled_from(np.mean([series[:count] for series in several], axis=0)))

    def _over(self, value: Callable[[Outcome], float]) -> Estimate:
        return estimate([value(outcome) for outcome in self._outcomes], self._confidence)

    def _workload(self, place: int) -> WorkloadSeen:
        part, stream = self._part, self._part.scene.streams[place]
        asked, moment = stream.workload, self._part.moment
        chosen = [_chosen(outcome, place, self.left_out) for outcome in self._outcomes]
        latencies = {
            metric: {
                statistic: estimate(
                    [_statistic(getattr(o, f"{metric}_s")[c], statistic) * 1e3 for o, c in self._pairs(chosen)],
                    self._confidence,
                )
                for statistic in STATISTICS
            }
            for metric in ("ttft", "tpot", "e2e")
        }
        good = [_good(outcome, which, asked) for outcome, which in self._pairs(chosen)]
        completed = [_completed_rps(outcome, place) for outcome in self._outcomes]
        in_flight = part.scene.settings.concurrency.get(asked.name)
        return WorkloadSeen(
            name=asked.name,
            model=asked.llm,
            period=moment.period,
            scenario=moment.scenario,
            demand_rps=moment.demand_rps[asked.name],
            offered_rps=stream.source.offered_rps if in_flight is None else None,
            in_flight=in_flight,
            completed_rps=estimate(completed, self._confidence),
            ttft_ms=latencies["ttft"],
            tpot_ms=latencies["tpot"],
            e2e_ms=latencies["e2e"],
            targets=tuple(self._target(place, target, latencies) for target in asked.targets),
            within_targets=estimate(good, self._confidence),
            goodput_rps=estimate([a * b for a, b in zip(good, completed, strict=True)], self._confidence),
            requests=sum(len(which) for which in chosen),
        )

    def _pairs(self, chosen: Sequence[NDArray[np.int64]]) -> Iterator[tuple[Outcome, NDArray[np.int64]]]:
        return zip(self._outcomes, chosen, strict=True)

    def _target(self, place: int, target: Target, latencies: dict[str, dict[str, Estimate]]) -> TargetSeen:
        name = f"{target.metric}_{target.statistic}_ms"
        stream = self._part.scene.streams[place]
        planned = self._part.moment.planned.get(stream.workload.name)
        seen = latencies[target.metric][target.statistic]
        bound_ms = target.bound_s * 1e3
        verdict, why = _verdict(seen, bound_ms), ""
        ordinary = any(self._part.scene.stations[way.decode].servers is not None for way in stream.ways)
        if verdict == "holds" and ordinary and target.statistic != "mean":
            verdict, why = "undecided", SPREAD_UNKNOWN
        return TargetSeen(
            target=name,
            bound_ms=bound_ms,
            seen_ms=seen,
            planned_ms=None if planned is None else getattr(planned, name),
            verdict=verdict,
            why=why,
        )


def _verdict(seen: Estimate, bound_ms: float) -> Holds:
    return "holds" if seen.high <= bound_ms else "fails" if seen.low > bound_ms else "undecided"


def _relative(outcome: Outcome) -> Floats:
    """Give times of requests over the mean of their workload, in the order of entering."""
    present = np.unique(outcome.workload)
    means = np.ones(int(present.max()) + 1)
    for place in present:
        means[place] = np.nanmean(outcome.e2e_s[outcome.workload == place])
    relative = outcome.e2e_s / means[outcome.workload]
    return np.where(np.isfinite(relative), relative, 1.0)


def _chosen(outcome: Outcome, place: int, left_out: int) -> NDArray[np.int64]:
    found = np.flatnonzero((outcome.workload == place) & np.isfinite(outcome.e2e_s))
    return found[found >= left_out]


def _statistic(times_s: Floats, statistic: str) -> float:
    if len(times_s) == 0:
        return float("nan")
    return float(times_s.mean() if statistic == "mean" else np.quantile(times_s, QUANTILES[statistic]))


def _good(outcome: Outcome, which: NDArray[np.int64], asked: Workload) -> float:
    within = np.ones(len(which), bool)
    for target in asked.targets:
        within &= getattr(outcome, f"{target.metric}_s")[which] <= target.bound_s
    return float(within.mean()) if len(which) else float("nan")


def _completed_rps(outcome: Outcome, place: int) -> float:
    from_s, to_s = outcome.seen
    done_s = outcome.done_s[outcome.workload == place]
    return float(np.count_nonzero((done_s >= from_s) & (done_s < to_s)) / (to_s - from_s))
