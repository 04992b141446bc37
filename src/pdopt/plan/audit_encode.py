"""The audit of the encode stage: what is encoded is what is prefilled with images, and it can get there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from pdopt.fleet.fleet import Fleet
from pdopt.plan.placement import not_joined
from pdopt.plan.plan import Plan, Pool
from pdopt.plan.pools import shape_of

TOLERANCE = 1e-6  # of the demand


def audit_encode(fleet: Fleet, plan: Plan) -> Iterator[str]:
    """Compare encode and prefill, workload by workload and split by split."""
    encoded: dict[tuple[str, str], float] = defaultdict(float)
    for pool in plan.pools:
        if pool.role == "encode":
            for split, rates in (pool.hands_over or {}).items():
                for name, rate in rates.items():
                    encoded[split, name] += rate
            yield from _adds_up(fleet, pool, dict(pool.serves), _sums(pool.hands_over or {}), "encodes")
            yield from (sentence for other in plan.pools for sentence in _cannot_feed(fleet, pool, other))
        if pool.role == "prefill":
            taken = {split: _sums(handovers) for split, handovers in (pool.encoded or {}).items()}
            for split, rates in taken.items():
                for name, rate in rates.items():
                    encoded[split, name] -= rate
            pictured = {name: rate for name, rate in pool.serves.items() if _images(fleet, name)}
            yield from _adds_up(fleet, pool, pictured, _sums(taken), "prefills with images")
            yield from _same_ways(fleet, pool)
    for (split, name), rate in encoded.items():
        if abs(rate) > TOLERANCE * _demand_rps(fleet, name):
            yield f"{name}: encode and prefill differ by {rate:.6g} requests per second {split}"


def _adds_up(fleet: Fleet, pool: Pool, whole: dict[str, float], parts: dict[str, float], does: str) -> Iterator[str]:
    for name in {**whole, **parts}:
        if not _images(fleet, name):
            yield f"{name}: {pool.sku} {does} it, but it has no images"
        elif abs(whole.get(name, 0.0) - parts.get(name, 0.0)) > TOLERANCE * _demand_rps(fleet, name):
            stated, given = whole.get(name, 0.0), parts.get(name, 0.0)
            yield f"{name}: {pool.sku} {does} {stated:.6g} requests per second, its splits are {given:.6g}"


def _same_ways(fleet: Fleet, pool: Pool) -> Iterator[str]:
    """Check that the splits of a prefill pool add up to what it hands over."""
    onward: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for handovers in (pool.encoded or {}).values():
        for handover, rates in handovers.items():
            for name, rate in rates.items():
                onward[handover][name] += rate
    for handover, rates in onward.items():
        for name, rate in rates.items():
            sent = (pool.hands_over or {}).get(handover, {}).get(name, 0.0)
            if abs(rate - sent) > TOLERANCE * _demand_rps(fleet, name):
                yield f"{name}: {pool.sku} hands over {sent:.6g} requests per second to {handover}, {rate:.6g} encoded"


def _cannot_feed(fleet: Fleet, pool: Pool, other: Pool) -> Iterator[str]:
    """Say why a prefill pool that takes what an encode pool sends cannot have it."""
    sent = {(split, name) for split, rates in (pool.hands_over or {}).items() for name in rates}
    taken = {(split, name) for split, ways in (other.encoded or {}).items() for name in _sums(ways)}
    if (other.role, other.model) != ("prefill", pool.model) or not sent & taken:
        return
    if not shape_of(pool).hands_over_to(shape_of(other)):
        yield f"{pool.model}: {shape_of(pool)} cannot hand its embeddings over to {shape_of(other)}"
    if pool.sku in fleet.skus and other.sku in fleet.skus:
        for why in not_joined(fleet, pool, other):
            yield f"{pool.model}: {pool.sku} cannot hand its embeddings over to {other.sku}: {why}"


def _sums(rates: dict[str, dict[str, float]]) -> dict[str, float]:
    total: dict[str, float] = defaultdict(float)
    for inner in rates.values():
        for name, rate in inner.items():
            total[name] += rate
    return total


def _images(fleet: Fleet, name: str) -> float:
    return fleet.workloads[name].images if name in fleet.workloads else 0.0


def _demand_rps(fleet: Fleet, name: str) -> float:
    return fleet.workloads[name].demand_rps if name in fleet.workloads else 0.0
