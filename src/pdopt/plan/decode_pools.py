"""Decode pools: the TPOT that requests see."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from pdopt.fleet.fleet import Target
from pdopt.fleet.profiles import DecodeProfile
from pdopt.plan.conditions import AS_STATED, TIME_TOLERANCE, Conditions
from pdopt.plan.forward.batch import Points, decode_points, slowed
from pdopt.plan.forward.shared import DecodeModel, Draw, shared_tpot_s, within
from pdopt.plan.pools import PoolForecast, Seen, missed


class DecodeForecast(PoolForecast):
    """A pool of batches that its workloads share."""

    def forecast(self, metric: str, conditions: Conditions) -> Iterator[tuple[str, float, Seen]]:
        """Yield TPOT by workload."""
        draws, model = self._draws(conditions) if metric == "tpot" else (), self._model()
        for name, rate in self.pool.serves.items() if draws else ():
            yield name, rate, {s: shared_tpot_s(model, draws, s) for s in self.statistics(name, "tpot")}

    def broken(self, conditions: Conditions = AS_STATED) -> list[str]:
        """Name the TPOT targets that do not hold."""
        draws, model = self._draws(conditions), self._model()
        return [
            missed(name, target, shared_tpot_s(model, draws, target.statistic))
            for name, target in self._targets()
            if not within(model, draws, target.statistic, target.bound_s * (1 + TIME_TOLERANCE))
        ]

    def holds(self, conditions: Conditions) -> bool:
        """Whether all TPOT targets hold; what TPOT is where they do not, which takes long to find, is not asked for."""
        draws, model = self._draws(conditions), self._model()
        return all(
            within(model, draws, target.statistic, target.bound_s * (1 + TIME_TOLERANCE))
            for _, target in self._targets()
        )

    def _targets(self) -> list[tuple[str, Target]]:
        return [(name, one) for name, workload in self.workloads.items() for one in workload.targets_of("tpot")]

    def _model(self) -> DecodeModel:
        return self.fleet.assumptions.decode_load, self.fleet.assumptions.decode_fit

    @cached_property
    def _points(self) -> dict[str, Points]:
        profile: DecodeProfile = self.profile()
        return {name: decode_points(profile, workload) for name, workload in self.workloads.items()}

    def _draws(self, conditions: Conditions) -> tuple[Draw, ...]:
        return tuple(
            Draw(
                slowed(self._points[name], conditions.decode_slower),
                self.rate_rps(name, conditions) * workload.output_tokens,
            )
            for name, workload in self.workloads.items()
        )
