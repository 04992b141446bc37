"""Where prefill may send the KV cache, and what the way costs in time.

Decode shapes that every prefill shape reaches in the same way form one *handover*; a request is routed to a prefill
lane and a handover, because the way there counts in its TTFT.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from pdopt.fleet.fleet import Fleet, Llm, Workload
from pdopt.fleet.profiles import Shape

End = tuple[str, Shape]  # SKU and shape


@dataclass(frozen=True)
class Handover:
    """A group of decode ends that are alike for every prefill end.

    Attributes
    ----------
    reach_gb_per_s : dict
        Prefill end → bandwidth of the way (None: not given, no transfer time). Ends that cannot hand over are absent.
    """

    name: str
    ends: tuple[End, ...]
    reach_gb_per_s: dict[End, float | None]


def handovers(fleet: Fleet, llm: Llm) -> list[Handover]:
    """Group the decode ends of one LLM by how its prefill ends reach them."""
    prefill_ends = ends_of(fleet, [profile.shape for profile in llm.prefill])
    groups: dict[tuple[tuple[End, float | None], ...], list[End]] = defaultdict(list)
    for sku, shape in ends_of(fleet, [profile.shape for profile in llm.decode]):
        reach = tuple((end, fleet.link_gb_per_s(end[0], sku)) for end in prefill_ends if end[1].hands_over_to(shape))
        groups[reach].append((sku, shape))
    return [Handover(_name(ends), tuple(ends), dict(reach)) for reach, ends in groups.items()]


def ends_of(fleet: Fleet, shapes: list[Shape]) -> list[End]:
    """Give every (SKU, shape) that can run."""
    return [(sku.name, shape) for sku in fleet.skus.values() for shape in shapes if sku.hosts(shape)]


def overhead_s(fleet: Fleet, llm: Llm, workload: Workload, gb_per_s: float | None) -> float:
    """Time of TTFT outside queue and compute: the stated overhead and the KV cache of the input over the way."""
    if gb_per_s is None or llm.kv_bytes_per_token is None:
        return fleet.transfer.overhead_s
    return fleet.transfer.overhead_s + llm.kv_bytes_per_token * workload.input_tokens / (gb_per_s * 1e9)


def _name(ends: list[End]) -> str:
    return "+".join(sorted({" ".join(filter(None, (sku, s.engine, s.precision))) for sku, s in ends}))
