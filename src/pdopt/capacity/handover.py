"""Where a stage may send what the next one needs, and what the way costs in time.

Decode shapes that every prefill shape reaches in the same way form one *handover*; a request is routed to a prefill
lane and a handover, because the way there counts in its TTFT. Prefill shapes that every encode shape reaches in the
same way form one *intake* likewise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from pdopt.capacity.permitted import End, joined, may_hand_over, permitted_ends
from pdopt.fleet.fleet import Fleet, Llm, Workload


@dataclass(frozen=True, eq=False)
class Handover:
    """A group of decode ends that are alike for every prefill end (or of prefill ends, for every encode end).

    Attributes
    ----------
    reach_gb_per_s : dict
        Sending end → bandwidth of the way (None: not given, no transfer time). Ends that cannot hand over are absent.
    """

    name: str
    ends: tuple[End, ...]
    reach_gb_per_s: dict[End, float | None]


def handovers(fleet: Fleet, llm: Llm) -> list[Handover]:
    """Group the decode ends of one LLM by how its prefill ends reach them."""
    return _grouped(fleet, llm, ("prefill", "decode"), lambda *skus: may_hand_over(fleet, llm, *skus))


def intakes(fleet: Fleet, llm: Llm) -> list[Handover]:
    """Group the prefill ends of one LLM by how its encode ends reach them; those that none reaches are left out."""
    groups = _grouped(fleet, llm, ("encode", "prefill"), lambda *skus: joined(fleet, *skus))
    return [group for group in groups if group.reach_gb_per_s]


def _grouped(fleet: Fleet, llm: Llm, roles: tuple[str, str], may_send: Callable[[str, str], bool]) -> list[Handover]:
    senders = permitted_ends(fleet, llm, roles[0])
    groups: dict[tuple[tuple[End, float | None], ...], list[End]] = defaultdict(list)
    for sku, shape in permitted_ends(fleet, llm, roles[1]):
        reach = tuple(
            (end, fleet.link_gb_per_s(end[0], sku))
            for end in senders
            if end[1].hands_over_to(shape) and may_send(end[0], sku)
        )
        groups[reach].append((sku, shape))
    names = [_name(ends) for ends in groups.values()]
    unique = [name if names.count(name) == 1 else f"{name} ({i + 1})" for i, name in enumerate(names)]
    return [Handover(n, tuple(ends), dict(reach)) for n, (reach, ends) in zip(unique, groups.items(), strict=True)]


def overhead_s(fleet: Fleet, llm: Llm, workload: Workload, gb_per_s: float | None) -> float:
    """Time of TTFT outside queue and compute: the stated overhead and the KV cache of the input over the way."""
    if gb_per_s is None or llm.kv_bytes_per_token is None:
        return fleet.transfer.overhead_s
    return fleet.transfer.overhead_s + llm.kv_bytes_per_token * workload.input_tokens / (gb_per_s * 1e9)


def _name(ends: list[End]) -> str:
    return "+".join(sorted({" ".join(filter(None, (sku, s.engine, s.precision))) for sku, s in ends}))
