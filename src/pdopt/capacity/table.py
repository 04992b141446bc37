"""The frozen table of plain numbers that the program is built from: lanes, their loads, demands and nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from pdopt.capacity.refusal import Refusal
from pdopt.fleet.profiles import Shape

ON_THE_SPOT = ""  # the handover of mixed lanes: prefill and decode on one instance


class Route(NamedTuple):
    """A workload on its way to a handover (empty for mixed lanes)."""

    workload: str
    handover: str


@dataclass(frozen=True)
class Lane:
    """A shape on a SKU, run at one requirement.

    Attributes
    ----------
    limits : tuple of str
        What saturates; one entry per element of each load.
    loads : dict
        Route → instances occupied by one request per second, per limit.
    """

    name: str
    llm: str
    role: str
    sku: str
    shape: Shape
    limits: tuple[str, ...]
    loads: dict[Route, tuple[float, ...]]


@dataclass(frozen=True)
class NodeType:
    """What is rented: whole nodes of `gpus`, or single GPUs where billing is per GPU."""

    sku: str
    gpus: int
    usd_per_h: float
    available: int | None
    power_kw: float | None = None
    at_least: int = 0


@dataclass(frozen=True)
class LaneTable:
    """Everything the program needs, and why shapes that are not in it were left out.

    Attributes
    ----------
    spare_instances : int
        Instances of each pool in use that may be gone while the rest carries its load.
    max_skus, power_kw : int and float, or None
        Most SKUs to use, most kilowatts to draw.
    """

    lanes: tuple[Lane, ...]
    nodes: tuple[NodeType, ...]
    required_rps: dict[str, float]
    refusals: tuple[Refusal, ...]
    spare_instances: int = 0
    max_skus: int | None = None
    power_kw: float | None = None

    def unserved(self) -> tuple[str, ...]:
        """Workloads that must be served but that no lane, or no pair of lanes, can serve."""
        sides: dict[str, set[Route]] = {"prefill": set(), "decode": set(), "mixed": set()}
        for lane in self.lanes:
            sides[lane.role].update(lane.loads)
        served = {route.workload for route in (sides["prefill"] & sides["decode"]) | sides["mixed"]}
        return tuple(name for name, rate in self.required_rps.items() if rate > 0 and name not in served)
