"""How much more demand, or how much slower instances, each workload of a plan survives."""

from __future__ import annotations

from collections.abc import Callable
from math import floor

from pdopt.fleet.fleet import Fleet
from pdopt.plan.conditions import Conditions
from pdopt.plan.forecasts import forecast_of
from pdopt.plan.forward.line import largest
from pdopt.plan.plan import Headroom, Pool

MOST = 9.0  # headroom beyond ten times the demand, or a tenth of the speed, is not told apart


def headroom(fleet: Fleet, pools: tuple[Pool, ...], workload: str) -> Headroom:
    """Find the largest change of each kind that breaks no target in any pool that serves the workload.

    Requests keep their routes in proportion; only one thing changes at a time.
    """
    mine = [forecast_of(fleet, pool, pools) for pool in pools if workload in pool.serves]
    roles = {forecast.pool.role for forecast in mine}

    def survives(change: Callable[[float], Conditions]) -> float:
        def holds(growth: float) -> bool:
            return not any(forecast.broken(change(growth)) for forecast in mine)

        return largest(holds, MOST, halvings=14)

    def speed_lost(change: Callable[[float], Conditions]) -> float:
        return _down(1 - 1 / (1 + survives(change)))

    return Headroom(
        demand=_down(survives(lambda g: Conditions(demand={workload: 1 + g}))) if mine else None,
        prefill_slower=speed_lost(lambda g: Conditions(prefill_slower=1 + g)) if "prefill" in roles else None,
        decode_slower=speed_lost(lambda g: Conditions(decode_slower=1 + g)) if "decode" in roles else None,
        mixed_slower=speed_lost(lambda g: Conditions(mixed_slower=1 + g)) if "mixed" in roles else None,
        encode_slower=speed_lost(lambda g: Conditions(encode_slower=1 + g)) if "encode" in roles else None,
    )


def _down(fraction: float) -> float:
    """Round down to four digits: nothing is promised that does not hold."""
    return floor(fraction * 1e4) / 1e4
