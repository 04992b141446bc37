"""The frozen table of plain numbers that the program is built from: lanes, their loads, demands and nodes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from pdopt.capacity.refusal import Refusal
from pdopt.capacity.slots import Slot
from pdopt.fleet.fleet import Risk
from pdopt.fleet.profiles import Shape

NO_RISK = Risk()
ON_DEMAND = "on_demand"  # the term that a single price makes
ON_THE_SPOT = ""  # the handover of mixed lanes: prefill and decode on one instance


class Route(NamedTuple):
    """A workload on its way to a handover (empty for mixed lanes); on encode lanes, by a split of its TTFT."""

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

    @property
    def deployment(self) -> tuple[str, str, str, str]:
        """What is started and stopped: an LLM in a role on a SKU, in one shape."""
        return self.llm, self.role, self.sku, str(self.shape)


@dataclass(frozen=True)
class Worth:
    """What a request of a workload is worth under a budget, and whose turn it is (1 first)."""

    usd: float
    priority: int = 1


@dataclass(frozen=True)
class NodeTerm:
    """One way of paying for units of a node type.

    Attributes
    ----------
    usd_per_h : float
        Of one unit: in every slot offered where committed, else in those it is used.
    available : int or None
        Units under this term.
    slots : tuple of str
        Slots that it is offered in; empty means all.
    spot : bool
        Whether only a part of a pool's instances (`max_share`) may run there, away for a part of the time
        (`interruption`).
    """

    name: str
    usd_per_h: float
    committed: bool = False
    available: int | None = None
    slots: tuple[str, ...] = ()
    spot: bool = False
    max_share: float = 1.0
    interruption: float = 0.0

    def offered_in(self, slot: str) -> bool:
        """Whether units can be had under this term in a slot."""
        return not self.slots or slot in self.slots


@dataclass(frozen=True)
class NodeType:
    """What is rented of a SKU, in units: nodes, several nodes sold together, or GPUs where billing is per GPU.

    Attributes
    ----------
    gpus : int
        Of one unit.
    usd_per_h : float
        Price by the hour of one unit, for comparisons.
    available : int or None
        Units under all terms together.
    at_least : int
        Units held in any case.
    nodes : float
        In one unit: a fraction where GPUs are billed singly.
    start_usd, stop_usd, min_up_h : float
        Of one unit that is not committed.
    """

    sku: str
    gpus: int
    usd_per_h: float
    available: int | None
    power_kw: float | None = None
    at_least: int = 0
    terms: tuple[NodeTerm, ...] = ()
    nodes: float = 1.0
    start_usd: float = 0.0
    stop_usd: float = 0.0
    min_up_h: float = 0.0

    @property
    def ways_to_pay(self) -> tuple[NodeTerm, ...]:
        """Give the terms, or the one that a single price makes."""
        return self.terms or (NodeTerm(ON_DEMAND, self.usd_per_h),)


@dataclass(frozen=True)
class LaneTable:
    """Everything the program needs, and why shapes that are not in it were left out.

    Attributes
    ----------
    lanes, nodes, slots : tuples
        What can run, what it can run on, and when it must.
    spare_instances : int
        Instances of each pool in use that may be gone while the rest carries its load.
    max_skus, power_kw : int and float, or None
        Most SKUs to use, most kilowatts to draw.
    budget_usd_per_h : float or None
        Most to spend; then as much as possible of what is worth something is served.
    worth : dict
        Workload → what a request of it is worth, under a budget.
    instance_start_usd : dict
        LLM → dollars of starting one of its instances, where it costs any.
    risk : Risk
        What of the cost's distribution over scenarios is minimised.
    encoded : dict
        Requests with images: where prefill's routes lead → (split of TTFT with encode, handover).
    """

    lanes: tuple[Lane, ...]
    nodes: tuple[NodeType, ...]
    slots: tuple[Slot, ...]
    refusals: tuple[Refusal, ...]
    spare_instances: int = 0
    max_skus: int | None = None
    power_kw: float | None = None
    budget_usd_per_h: float | None = None
    worth: dict[str, Worth] = field(default_factory=dict)
    instance_start_usd: dict[str, float] = field(default_factory=dict)
    risk: Risk = NO_RISK
    encoded: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def scenarios(self) -> dict[str, float]:
        """Scenario → probability, of those that are told apart."""
        found: dict[str, float] = {}
        for slot in self.slots:
            found[slot.scenario] = found.get(slot.scenario, 0.0) + slot.weight
        return found

    def handover_of(self, way: str) -> str:
        """Give the handover that a prefill (or decode) route leads to."""
        return self.encoded[way][1] if way in self.encoded else way

    def passable(self) -> dict[str, set[Route]]:
        """Role → routes that lead through all stages."""
        sides: dict[str, set[Route]] = {role: set() for role in ("encode", "prefill", "decode", "mixed")}
        for lane in self.lanes:
            sides[lane.role].update(lane.loads)
        through = {
            route
            for route in sides["prefill"]
            if Route(route.workload, self.handover_of(route.handover)) in sides["decode"]
            and (route.handover not in self.encoded or self._fed_by(route) in sides["encode"])
        }
        return {
            "encode": {self._fed_by(route) for route in through if route.handover in self.encoded},
            "prefill": through,
            "decode": {Route(route.workload, self.handover_of(route.handover)) for route in through},
            "mixed": sides["mixed"],
        }

    def _fed_by(self, route: Route) -> Route:
        return Route(route.workload, self.encoded[route.handover][0])

    def unserved(self) -> tuple[str, ...]:
        """Workloads that must be served but that no lane, or no chain of lanes, can serve."""
        passable = self.passable()
        served = {route.workload for route in passable["decode"] | passable["mixed"]}
        required = [name for slot in self.slots for name, rate in slot.required_rps.items() if rate > 0]
        return tuple(name for name in dict.fromkeys(required) if name not in served)
