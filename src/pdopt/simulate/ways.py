"""The ways that requests of a workload take through the pools of a plan, with rates and what they cost in time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pdopt.fleet.fleet import Fleet, Workload
from pdopt.plan.plan import Pool


@dataclass(frozen=True)
class Way:
    """One way of a workload: places of the pools it passes (-1: none), in a tuple of pools.

    Attributes
    ----------
    encoded_s : float
        Time that embeddings are on their way from encode to prefill.
    outside_s : float
        Time of TTFT outside queues and compute: overhead, KV transfer, way to the site and back.
    """

    rate_rps: float
    encode: int
    prefill: int
    decode: int
    encoded_s: float = 0.0
    outside_s: float = 0.0


def ways(fleet: Fleet, pools: Sequence[Pool], workload: Workload) -> list[Way]:
    """List the ways of a workload: by the rates that pools serve, hand over and have encoded."""
    return [way for way in (*_ordinary(fleet, pools, workload), *_apart(fleet, pools, workload)) if way.rate_rps > 0]


def _ordinary(fleet: Fleet, pools: Sequence[Pool], workload: Workload) -> Iterator[Way]:
    for place, pool in enumerate(pools):
        if pool.role == "mixed" and workload.name in pool.serves:
            yield Way(pool.serves[workload.name], -1, -1, place, outside_s=_away_s(fleet, pool, workload))


def _apart(fleet: Fleet, pools: Sequence[Pool], workload: Workload) -> Iterator[Way]:
    for place, pool in enumerate(pools):
        if pool.role == "prefill" and workload.name in pool.serves and pool.model == workload.llm:
            for split, handover, rate in _through(pool, workload):
                for encode, part in _shares(pools, workload, "encode", split):
                    for decode, onward in _shares(pools, workload, "decode", handover):
                        sent_s = _encoded_s(fleet, pools, encode, pool, workload)
                        outside_s = _handed_over_s(fleet, pool, pools[decode], workload)
                        yield Way(rate * part * onward, encode, place, decode, sent_s, outside_s)


def _through(pool: Pool, workload: Workload) -> Iterator[tuple[str | None, str, float]]:
    """Yield how a prefill pool passes the workload on: split of TTFT (with images), handover, rate."""
    if workload.images:
        for split, handovers in (pool.encoded or {}).items():
            for handover, rates in handovers.items():
                yield split, handover, rates.get(workload.name, 0.0)
    else:
        for handover, rates in (pool.hands_over or {}).items():
            yield None, handover, rates.get(workload.name, 0.0)


def _shares(pools: Sequence[Pool], workload: Workload, role: str, group: str | None) -> list[tuple[int, float]]:
    """Give the pools of a role that a group of ways leads through, each with its part."""
    if group is None:
        return [(-1, 1.0)]
    rates = {
        place: pool.serves[workload.name]
        if role == "decode"
        else (pool.hands_over or {})[group].get(workload.name, 0.0)
        for place, pool in enumerate(pools)
        if (pool.role, pool.model) == (role, workload.llm)
        and workload.name in pool.serves
        and (pool.handover == group if role == "decode" else group in (pool.hands_over or {}))
    }
    total = sum(rates.values())
    return [(place, rate / total) for place, rate in rates.items() if rate > 0]


def _encoded_s(fleet: Fleet, pools: Sequence[Pool], encode: int, pool: Pool, workload: Workload) -> float:
    size = fleet.llms[pool.model].embedding_bytes_per_token
    gb_per_s = None if encode < 0 else fleet.link_gb_per_s(pools[encode].sku, pool.sku)
    return size * workload.images * workload.image_tokens / (gb_per_s * 1e9) if size and gb_per_s else 0.0


def _handed_over_s(fleet: Fleet, pool: Pool, decode: Pool, workload: Workload) -> float:
    size, gb_per_s = fleet.llms[pool.model].kv_bytes_per_token, fleet.link_gb_per_s(pool.sku, decode.sku)
    sent_s = size * workload.input_tokens / (gb_per_s * 1e9) if size and gb_per_s else 0.0
    return fleet.transfer.overhead_s + sent_s + _away_s(fleet, pool, workload)


def _away_s(fleet: Fleet, pool: Pool, workload: Workload) -> float:
    return workload.latency_s.get(fleet.skus[pool.sku].site or "", 0.0)


def apart(by_workload: dict[str, list[Way]]) -> list[tuple[str, ...]]:
    """Group workloads that share pools, directly or through others; what shares none is simulated alone."""
    groups: list[tuple[set[str], set[int]]] = []
    for name, taken in by_workload.items():
        names, places = {name}, {place for way in taken for place in (way.encode, way.prefill, way.decode)} - {-1}
        for group in [group for group in groups if group[1] & places]:
            groups.remove(group)
            names, places = names | group[0], places | group[1]
        groups.append((names, places))
    order = list(by_workload)
    return sorted(
        (tuple(sorted(names, key=order.index)) for names, _ in groups), key=lambda names: order.index(names[0])
    )
