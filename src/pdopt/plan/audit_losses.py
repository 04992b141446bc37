"""The audit of losses: every pool again, with instances gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import gcd

from pdopt.fleet.fleet import Fleet
from pdopt.plan.deviations import deviating
from pdopt.plan.forecasts import forecast_of
from pdopt.plan.plan import Plan, Pool


def losses(fleet: Fleet, plan: Plan) -> Iterator[str]:
    """Look at every pool without the instances and nodes that may be gone, with margins and deviations used up."""
    for pool in plan.pools:
        for gone, why in _gone(fleet, pool):
            where = f"{pool.model} {pool.role} on {pool.sku} with {gone} of {pool.instances} instances gone{why}"
            if not pool.serves or not gone:
                continue
            if pool.carrying <= gone:
                yield f"{where}: none is left"
                continue
            left = pool.model_copy(update={"instances": pool.instances - gone})
            siblings = tuple(left if other is pool else other for other in plan.pools)
            forecast = forecast_of(fleet, left, siblings)
            for words, case in deviating(fleet, pool):
                lessened = replace(case, all_demand=case.all_demand * fleet.redundancy.serve)
                for missed in forecast.broken(lessened):
                    yield f"{where}{words}: {missed}"


def _gone(fleet: Fleet, pool: Pool) -> Iterator[tuple[int, str]]:
    """Yield how many instances of a pool may be gone, and why."""
    yield fleet.redundancy.instances, ""
    if fleet.redundancy.nodes and pool.sku in fleet.skus:
        nodes = fleet.redundancy.nodes
        gone = nodes * _met_by_a_node(pool.gpus_per_instance, fleet.skus[pool.sku].gpus)
        yield gone, f" ({nodes} {'node' if nodes == 1 else 'nodes'})"


def _met_by_a_node(instance: int, node: int) -> int:
    """Count the instances with a part on a node, from each GPU that it may begin at in a row of instances."""
    starts = range(0, instance, gcd(instance, node))
    return max(len({gpu // instance for gpu in range(start, start + node)}) for start in starts)
