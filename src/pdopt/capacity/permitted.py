"""Where instances may run and hand over: sites, pins, and what ``limits`` forbid and require."""

from __future__ import annotations

from collections.abc import Iterable

from pdopt.fleet.fleet import Fleet, Llm, Workload
from pdopt.fleet.profiles import Shape
from pdopt.fleet.rules import Rule

End = tuple[str, Shape]  # SKU and shape


def ends_of(fleet: Fleet, shapes: list[Shape]) -> list[End]:
    """Give every (SKU, shape) that can run."""
    return [(sku.name, shape) for sku in fleet.skus.values() for shape in shapes if sku.hosts(shape)]


def permitted_ends(fleet: Fleet, llm: Llm, role: str) -> list[End]:
    """Give every (SKU, shape) on which instances of one role may run, in the order of SKUs and profiles."""
    shapes = [profile.shape for profile in getattr(llm, role)]
    return [end for end in ends_of(fleet, shapes) if _may_run(fleet, llm.name, role, end[0])]


def may_serve(fleet: Fleet, workload: Workload, sku: str) -> bool:
    """Whether a workload may run on a SKU: it is pinned nowhere else."""
    return not workload.sites or fleet.skus[sku].site in workload.sites


def may_hand_over(fleet: Fleet, llm: Llm, prefill_sku: str, decode_sku: str) -> bool:
    """Whether KV cache may go from one SKU to another: within a site or over a stated link, and no rule against it."""
    pair = (prefill_sku, decode_sku)
    if not joined(fleet, *pair):
        return False
    if any((r.prefill_sku, r.decode_sku) == pair for r in fleet.forbid if r.llm in (None, llm.name)):
        return False
    required = [r for r in fleet.require if r.prefill_sku == prefill_sku and r.llm in (None, llm.name)]
    return _each_group(required, [r for r in required if r.decode_sku == decode_sku])


def joined(fleet: Fleet, sending_sku: str, receiving_sku: str) -> bool:
    """Whether two SKUs share a site or are linked."""
    together = fleet.skus[sending_sku].site == fleet.skus[receiving_sku].site
    return together or (sending_sku, receiving_sku) in fleet.transfer.links_gb_per_s


def latency_s(fleet: Fleet, workload: Workload, sku: str) -> float:
    """Time of TTFT that the way to a SKU's site and back takes."""
    return workload.latency_s.get(fleet.skus[sku].site or "", 0.0)


def _may_run(fleet: Fleet, llm: str, role: str, sku: str) -> bool:
    def concerned(rules: Iterable[Rule]) -> list[Rule]:
        placements = (rule for rule in rules if rule.prefill_sku is None)
        return [rule for rule in placements if rule.llm in (None, llm) and rule.role in (None, role)]

    def there(rules: Iterable[Rule]) -> list[Rule]:
        return [rule for rule in rules if rule.sku == sku or rule.gpu == fleet.skus[sku].gpu]

    required = concerned(fleet.require)
    return not there(concerned(fleet.forbid)) and _each_group(required, there(required))


def _each_group(required: list[Rule], kept: list[Rule]) -> bool:
    """Whether one of the alternatives is kept in each group of rules about the same model and role."""
    return {(r.llm, r.role) for r in required} == {(r.llm, r.role) for r in kept}
