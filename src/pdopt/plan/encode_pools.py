"""Encode pools: they have a part in the TTFT that prefill pools state."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.plan.conditions import AS_STATED, Conditions
from pdopt.plan.pools import PoolForecast, Seen
from pdopt.plan.prefill_pools import PrefillForecast


class EncodeForecast(PoolForecast):
    """A pool of encode queues, seen by what the prefill pools behind it keep."""

    def forecast(self, metric: str, conditions: Conditions) -> Iterator[tuple[str, float, Seen]]:
        """Yield nothing: a latency ends where prefill does, and is stated there, this stage included."""
        yield from ()

    def broken(self, conditions: Conditions = AS_STATED) -> list[str]:
        """Name the TTFT targets that do not hold in the prefill pools it feeds."""
        return [missed for forecast in self.stating() for missed in forecast.broken(conditions)]

    def stating(self) -> list[PoolForecast]:
        """Give the forecasts of the prefill pools it feeds."""
        mine = set(self.pool.hands_over or {})
        return [
            PrefillForecast(self.fleet, other, self.siblings)
            for other in self.siblings
            if (other.role, other.model) == ("prefill", self.pool.model) and mine & set(other.encoded or {})
        ]
