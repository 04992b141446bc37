"""How much more demand, or how much slower instances, each workload of a plan survives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import floor

from pdopt.plan.conditions import Conditions
from pdopt.plan.forward.line import largest
from pdopt.plan.plan import Headroom
from pdopt.plan.pools import PoolForecast

MOST = 9.0  # headroom beyond ten times the demand, or a tenth of the speed, is not told apart
HALVINGS = 14


def headroom(forecasts: Sequence[PoolForecast], workload: str, slower: dict[str, float]) -> Headroom:
    """Find the largest change of each kind that breaks no target in any pool that serves the workload.

    Requests keep their routes in proportion; only one thing changes at a time.

    Parameters
    ----------
    forecasts : sequence of PoolForecast
        Of the pools that serve the workload.
    workload : str
    slower : dict
        What `speed_lost` gives for these pools: it is the same for all workloads they serve.
    """
    demand = _survived(forecasts, lambda g: Conditions(demand={workload: 1 + g})) if forecasts else None
    return Headroom(demand=None if demand is None else _down(demand), **slower)


def speed_lost(forecasts: Sequence[PoolForecast]) -> dict[str, float]:
    """Give how much slower the instances of each role may become, by the field of Headroom that says so."""
    changes: dict[str, Callable[[float], Conditions]] = {
        "prefill": lambda g: Conditions(prefill_slower=1 + g),
        "decode": lambda g: Conditions(decode_slower=1 + g),
        "mixed": lambda g: Conditions(mixed_slower=1 + g),
        "encode": lambda g: Conditions(encode_slower=1 + g),
    }
    roles = {forecast.pool.role for forecast in forecasts}
    return {
        f"{role}_slower": _down(1 - 1 / (1 + _survived(forecasts, change)))
        for role, change in changes.items()
        if role in roles
    }


def _survived(forecasts: Sequence[PoolForecast], change: Callable[[float], Conditions]) -> float:
    def holds(growth: float) -> bool:
        return all(forecast.holds(change(growth)) for forecast in forecasts)

    if not holds(MOST / 2**HALVINGS):  # filled to the brim, as most pools are: nothing else need be looked at
        return 0.0
    return largest(holds, MOST, HALVINGS)


def _down(fraction: float) -> float:
    """Round down to four digits: nothing is promised that does not hold."""
    return floor(fraction * 1e4) / 1e4
