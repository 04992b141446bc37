"""The audit of ways: what prefill hands over, decode takes, and the KV cache may go there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import isclose

from pdopt.fleet.fleet import Fleet
from pdopt.plan.placement import cannot_hand_over
from pdopt.plan.plan import Plan, Pool
from pdopt.plan.pools import shape_of

TOLERANCE = 1e-6


def ways(fleet: Fleet, plan: Plan) -> Iterator[str]:
    """Follow the requests of a plan of one period from prefill to decode."""
    into: dict[tuple[str, str], float] = defaultdict(float)
    for pool in plan.pools:
        for handover, rates in ((pool.hands_over or {}) if pool.role == "prefill" else {}).items():
            for name, rate in rates.items():
                into[handover, name] += rate
                yield from _way(fleet, plan, pool, handover, name)
        if pool.role == "prefill":
            for name, rate in pool.serves.items():
                sent = sum(rates.get(name, 0.0) for rates in (pool.hands_over or {}).values())
                if not isclose(sent, rate, rel_tol=TOLERANCE, abs_tol=1e-12):
                    yield f"{name}: {pool.sku} prefills {rate:.6g} and hands over {sent:.6g} requests per second"
        if pool.role == "decode":
            for name, rate in pool.serves.items():
                into[pool.handover or "", name] -= rate
    for (handover, name), rate in into.items():
        demand_rps = fleet.workloads[name].demand_rps if name in fleet.workloads else 0.0
        if abs(rate) > TOLERANCE * demand_rps:
            yield f"{name}: prefill and decode differ by {rate:.6g} requests per second at {handover}"


def _way(fleet: Fleet, plan: Plan, pool: Pool, handover: str, name: str) -> Iterator[str]:
    """Check that a prefill pool can hand over to every decode pool that may take its requests."""
    for other in plan.pools:
        takes = other.role == "decode" and other.model == pool.model and other.handover == handover
        if not takes or name not in other.serves:
            continue
        if not shape_of(pool).hands_over_to(shape_of(other)):
            yield f"{name}: {shape_of(pool)} cannot hand its KV cache over to {shape_of(other)}"
        for why in cannot_hand_over(fleet, pool, other):
            yield f"{name}: {pool.sku} cannot hand its KV cache over to {other.sku}: {why}"
