"""The audit of limits: how large pools are."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.fleet.fleet import Fleet
from pdopt.plan.plan import Plan


def beyond_limits(fleet: Fleet, plan: Plan) -> Iterator[str]:
    """Say which limits the pools of one period do not keep."""
    least = fleet.limits.min_pool_instances or 1
    for pool in plan.pools:
        if pool.instances < least:
            yield f"{pool.model} {pool.role} on {pool.sku}: {pool.instances} instances, a pool has at least {least}"
