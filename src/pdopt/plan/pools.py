"""Pools of a plan under given conditions: what their requests see, and whether their targets hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import inf, isfinite
from typing import Any

from pdopt.fleet.fleet import Fleet, Target, Workload
from pdopt.fleet.profiles import DecodeProfile, Shape
from pdopt.plan.forward.batch import decode_points
from pdopt.plan.forward.ordinary import mixed_capacity_rps, mixed_latency_s, mixed_measured
from pdopt.plan.forward.queue import Arrivals, mean_wait_s, percentile_sojourn_s, prefill_service_s, sojourn_bounds_s
from pdopt.plan.forward.shared import Draw, shared_tpot_s, within
from pdopt.plan.plan import Pool

RATE_TOLERANCE = 1e-7  # of the rates: what a solver's feasibility tolerance may leave
TIME_TOLERANCE = 1e-6

Seen = dict[str, float]  # statistic → seconds


@dataclass(frozen=True)
class Conditions:
    """How the world differs from what the fleet states: factors on demand and on the time instances take.

    `slack` is the part of every rate that a solver's tolerance may have put too much.
    """

    demand: dict[str, float] = field(default_factory=dict)
    all_demand: float = 1.0
    prefill_slower: float = 1.0
    decode_slower: float = 1.0
    mixed_slower: float = 1.0
    slack: float = RATE_TOLERANCE


AS_STATED = Conditions()


def with_margins_used_up(fleet: Fleet) -> Conditions:
    """Give the conditions that the fleet's margins promise to survive."""
    margins = fleet.margins
    return Conditions(
        all_demand=1 + margins.demand,
        prefill_slower=1 / (1 - margins.prefill),
        decode_slower=1 / (1 - margins.decode),
        mixed_slower=1 / (1 - max(margins.prefill, margins.decode)),
    )


class PoolForecast:
    """One pool of a plan, seen forward from the fleet.

    Parameters
    ----------
    fleet : Fleet
    pool : Pool
    siblings : tuple of Pool
        All pools of the plan; a prefill pool looks up where its requests decode.
    """

    def __init__(self, fleet: Fleet, pool: Pool, siblings: tuple[Pool, ...]):
        self.fleet, self.pool, self.siblings = fleet, pool, siblings
        self.shape = shape_of(pool)
        self.workloads = {name: fleet.workloads[name] for name in pool.serves}

    def profile(self) -> Any:
        """Give the measured profile of the pool's shape.

        Raises
        ------
        LookupError
            The LLM has none.
        """
        for profile in getattr(self.fleet.llms[self.pool.model], self.pool.role):
            if profile.shape == self.shape:
                return profile
        raise LookupError(f"{self.pool.model} has no {self.pool.role} profile of {self.shape}")

    def rate_rps(self, workload: str, conditions: Conditions) -> float:
        """Give the requests per second that one instance gets of one workload."""
        factor = conditions.all_demand * conditions.demand.get(workload, 1.0)
        return self.pool.serves[workload] * factor * (1 - conditions.slack) / self.pool.instances

    # -- what requests see ------------------------------------------------------------------------------------------

    def seen(self, metric: str, conditions: Conditions = AS_STATED) -> list[tuple[str, float, Seen]]:
        """Give (workload, its share of the pool's rate, statistic → seconds) for one metric.

        A pool filled to the brim may lie past the edge by the solver's tolerance; then that is taken off its rates.
        """
        exact = list(self._seen(metric, replace(conditions, slack=0.0)))
        if all(isfinite(seconds) for _, _, statistics in exact for seconds in statistics.values()):
            return exact
        return list(self._seen(metric, conditions))

    def _seen(self, metric: str, conditions: Conditions) -> Iterator[tuple[str, float, Seen]]:
        if self.pool.role == "mixed":
            yield from self._mixed_seen(metric, conditions)
        elif self.pool.role == "prefill" and metric == "ttft":
            yield from self._ttft_seen(conditions)
        elif self.pool.role == "decode" and metric == "tpot":
            yield from self._tpot_seen(conditions)

    def _statistics(self, name: str, metric: str) -> list[str]:
        return list(dict.fromkeys(("mean", *(t.statistic for t in self.workloads[name].targets_of(metric)))))

    def _queue(self, conditions: Conditions) -> dict[str, Arrivals]:
        profile, dp = self.profile(), self.shape.dp
        return {
            name: Arrivals(
                self.rate_rps(name, conditions) / dp,
                prefill_service_s(profile, workload, conditions.prefill_slower),
                workload.prefill_service_cv2,
            )
            for name, workload in self.workloads.items()
        }

    def _ttft_seen(self, conditions: Conditions) -> Iterator[tuple[str, float, Seen]]:
        queue = self._queue(conditions)
        mix = list(queue.values())
        for handover, rates in (self.pool.hands_over or {}).items():
            for name, rate in rates.items():
                elsewhere = self.overhead_s(handover, self.workloads[name])
                seen = {}
                for statistic in self._statistics(name, "ttft"):
                    tail = Target("ttft", statistic, 0.0).tail
                    if tail is None:
                        seen[statistic] = elsewhere + mean_wait_s(mix) + queue[name].service_s
                    else:
                        seen[statistic] = elsewhere + percentile_sojourn_s(mix, queue[name], tail)
                yield name, rate, seen

    def overhead_s(self, handover: str, workload: Workload) -> float:
        """Slowest way from this pool to the decode pools of a handover that serve the workload."""
        ways = [self.fleet.transfer.overhead_s]
        kv_bytes = self.fleet.llms[self.pool.model].kv_bytes_per_token
        for other in self.siblings:
            takes = other.role == "decode" and other.model == self.pool.model and other.handover == handover
            gb_per_s = self.fleet.link_gb_per_s(self.pool.sku, other.sku) if takes else None
            if takes and workload.name in other.serves and gb_per_s and kv_bytes:
                ways.append(ways[0] + kv_bytes * workload.input_tokens / gb_per_s / 1e9)
        return max(ways)

    def _draws(self, conditions: Conditions) -> tuple[Draw, ...]:
        profile: DecodeProfile = self.profile()
        return tuple(
            Draw(
                decode_points(profile, workload, conditions.decode_slower),
                self.rate_rps(name, conditions) * workload.output_tokens,
            )
            for name, workload in self.workloads.items()
        )

    def _tpot_seen(self, conditions: Conditions) -> Iterator[tuple[str, float, Seen]]:
        draws, model = self._draws(conditions), self._decode_model()
        for name, rate in self.pool.serves.items():
            yield name, rate, {s: shared_tpot_s(model, draws, s) for s in self._statistics(name, "tpot")}

    def _decode_model(self) -> tuple[str, str]:
        return self.fleet.assumptions.decode_load, self.fleet.assumptions.decode_fit

    def _mixed_seen(self, metric: str, conditions: Conditions) -> Iterator[tuple[str, float, Seen]]:
        profile, used = self.profile(), self._mixed_load(conditions)
        for name, workload in self.workloads.items():
            rate = used * mixed_capacity_rps(profile, workload, self._tightest())
            seen = {}
            measured = [s for s in self._statistics(name, metric) if mixed_measured(profile, workload, (metric, s))]
            for statistic in measured:
                seen[statistic] = mixed_latency_s(profile, workload, (metric, statistic), rate)
            yield name, self.pool.serves[name], seen

    def _tightest(self) -> dict[tuple[str, str], float]:
        bounds: dict[tuple[str, str], float] = defaultdict(lambda: inf)
        for workload in self.workloads.values():
            for target in workload.targets:
                key = (target.metric, target.statistic)
                bounds[key] = min(bounds[key], target.bound_s)
        return dict(bounds)

    def _mixed_load(self, conditions: Conditions) -> float:
        load = 0.0
        for name, workload in self.workloads.items():
            capacity = mixed_capacity_rps(self.profile(), workload, self._tightest())
            load += self.rate_rps(name, conditions) * conditions.mixed_slower / capacity if capacity > 0 else inf
        return load

    # -- whether targets hold ---------------------------------------------------------------------------------------

    def broken(self, conditions: Conditions = AS_STATED) -> list[str]:
        """Name the targets of this pool that do not hold under the conditions."""
        if self.pool.role == "mixed":
            return ["measured latencies"] if self._mixed_load(conditions) > 1 + TIME_TOLERANCE else []
        return self._broken_ttft(conditions) if self.pool.role == "prefill" else self._broken_tpot(conditions)

    def _broken_ttft(self, conditions: Conditions) -> list[str]:
        queue = self._queue(conditions)
        mix = list(queue.values())
        misses: list[list[str]] = [[], []]  # with either bound on percentiles: one of them must hold throughout
        for handover, rates in (self.pool.hands_over or {}).items():
            for name in rates:
                elsewhere = self.overhead_s(handover, self.workloads[name])
                for target in self.workloads[name].targets_of("ttft"):
                    if target.tail is None:
                        times = (mean_wait_s(mix) + queue[name].service_s,) * 2
                    else:
                        times = sojourn_bounds_s(mix, queue[name], target.tail)
                    for missed, time_s in zip(misses, times, strict=True):
                        if elsewhere + time_s > target.bound_s * (1 + TIME_TOLERANCE):
                            missed.append(_missed(name, target, elsewhere + time_s))
        return min(misses, key=len)

    def _broken_tpot(self, conditions: Conditions) -> list[str]:
        draws, model = self._draws(conditions), self._decode_model()
        return [
            _missed(name, target, shared_tpot_s(model, draws, target.statistic))
            for name, workload in self.workloads.items()
            for target in workload.targets_of("tpot")
            if not within(model, draws, target.statistic, target.bound_s * (1 + TIME_TOLERANCE))
        ]


def _missed(workload: str, target: Target, time_s: float) -> str:
    return (
        f"{workload}: {target.metric.upper()} {target.statistic} {time_s * 1e3:.5g} ms "
        f"exceeds {target.bound_s * 1e3:g} ms"
    )


def shape_of(pool: Pool) -> Shape:
    """Give the instance shape of a pool."""
    return Shape(pool.gpu, pool.gpus_per_instance, pool.parallelism, pool.dp, pool.engine, pool.precision)
