"""Where lanes are built: one LLM on one SKU, and the refusals met on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from pdopt.capacity.handover import Handover
from pdopt.capacity.permitted import latency_s, may_serve
from pdopt.capacity.refusal import Refusal, Unreachable
from pdopt.capacity.splits import Split
from pdopt.capacity.table import Route
from pdopt.fleet.fleet import Assumptions, Fleet, Llm, Workload
from pdopt.fleet.profiles import Shape

Loads = dict[Route, tuple[float, ...]]


class Offer(NamedTuple):
    """The limits of a lane, what its routes load them with, and per limit what 1, 2, … instances carry (if pooled)."""

    limits: tuple[str, ...]
    loads: Loads
    sizes: tuple[tuple[float, ...], ...] = ()


@dataclass
class Place:
    """One LLM on one SKU, with all the workloads it could serve there.

    Attributes
    ----------
    splits : dict
        Workload with images → the ways its encode and prefill may share TTFT.
    encoded : dict
        Collects, for prefill's routes of such workloads: where they lead → (split, handover).
    """

    fleet: Fleet
    llm: Llm
    sku: str
    ways: list[Handover]
    refusals: list[Refusal] = field(default_factory=list)
    splits: dict[str, tuple[Split, ...]] = field(default_factory=dict)
    encoded: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def assumptions(self) -> Assumptions:
        """What the performance model assumes."""
        return self.fleet.assumptions

    def workloads(self) -> Iterator[Workload]:
        """Yield the workloads of the LLM that may run here."""
        mine = (workload for workload in self.fleet.workloads.values() if workload.llm == self.llm.name)
        return (workload for workload in mine if may_serve(self.fleet, workload, self.sku))

    def latency_s(self, workload: Workload) -> float:
        """Time of TTFT that the way here and back takes."""
        return latency_s(self.fleet, workload, self.sku)

    def workload(self, route: Route) -> Workload:
        """Give the workload that travels a route."""
        return self.fleet.workloads[route.workload]

    def refuse(self, workload: Workload, role: str, shape: Shape, why: Exception, way: str | None = None) -> None:
        """Note that a shape cannot take a role for a workload."""
        target, best_s = (why.target, why.best_s) if isinstance(why, Unreachable) else (None, None)
        self.refusals.append(Refusal(workload.name, role, self.sku, shape, str(why), target, best_s, way))
