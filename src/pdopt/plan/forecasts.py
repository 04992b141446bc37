"""The forecast of a pool, whatever its role."""

from __future__ import annotations

from pdopt.fleet.fleet import Fleet
from pdopt.plan.decode_pools import DecodeForecast
from pdopt.plan.encode_pools import EncodeForecast
from pdopt.plan.mixed_pools import MixedForecast
from pdopt.plan.plan import Pool
from pdopt.plan.pools import PoolForecast
from pdopt.plan.prefill_pools import PrefillForecast

FORECASTS: dict[str, type[PoolForecast]] = {
    "encode": EncodeForecast,
    "prefill": PrefillForecast,
    "decode": DecodeForecast,
    "mixed": MixedForecast,
}


def forecast_of(fleet: Fleet, pool: Pool, siblings: tuple[Pool, ...]) -> PoolForecast:
    """Give the forecast of one pool of a plan; `siblings` are all of its pools."""
    return FORECASTS[pool.role](fleet, pool, siblings)
