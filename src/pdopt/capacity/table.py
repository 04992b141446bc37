"""The frozen table of plain numbers that the program is built from: lanes, their loads, demands and nodes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil
from typing import NamedTuple

from pdopt.capacity.refusal import Refusal
from pdopt.capacity.slots import Deployment, Now, Slot
from pdopt.fleet.fleet import Changeover, Risk, Uncertainty
from pdopt.fleet.profiles import Shape

NO_RISK = Risk()
NO_CHANGEOVER = Changeover()
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
    spares : int
        Instances of its pool that may be gone at once.
    site : str or None
        Where it stands, where sites are told apart.
    sizes : tuple of tuples of float
        Pooled dispatch: per limit, the work that 1, 2, … instances carry, in steps that never shrink; beyond, each
        further one carries as much more as the last. Empty where the work is that of so many instances.
    """

    name: str
    llm: str
    role: str
    sku: str
    shape: Shape
    limits: tuple[str, ...]
    loads: dict[Route, tuple[float, ...]]
    spares: int = 0
    site: str | None = None
    sizes: tuple[tuple[float, ...], ...] = ()

    @property
    def workloads(self) -> tuple[str, ...]:
        """Workloads that it can serve, each once."""
        return tuple(dict.fromkeys(route.workload for route in self.loads))

    def carried(self, limit: int, instances: int) -> float:
        """Give the work that so many instances carry within a limit."""
        if not self.sizes:
            return float(instances)
        sizes = (0.0, *self.sizes[limit])
        last = len(sizes) - 1
        beyond = max(instances - last, 0) * (sizes[last] - sizes[last - 1])
        return sizes[max(min(instances, last), 0)] + beyond

    def least_instances(self, work: Sequence[float]) -> int:
        """Give the fewest instances that carry so much work of each limit, a solver's tolerance aside."""
        return max((self._least(i, most * (1 - 1e-9)) for i, most in enumerate(work)), default=0)

    def work_of_each(self, load: Sequence[float]) -> float:
        """Give the instances that one request per second with these loads takes of a large pool."""
        if not self.sizes:
            return max(load)
        most = len(self.sizes[0])
        return max(part * most / sizes[-1] for part, sizes in zip(load, self.sizes, strict=True))

    def _least(self, limit: int, work: float) -> int:
        if not self.sizes:
            return ceil(work)
        sizes = (0.0, *self.sizes[limit])
        if work <= sizes[-1]:
            return bisect_left(sizes, work)
        return len(sizes) - 1 + ceil((work - sizes[-1]) / (sizes[-1] - sizes[-2]))

    @property
    def deployment(self) -> tuple[str, str, str, str]:
        """What is started and stopped: an LLM in a role on a SKU, in one shape."""
        return self.llm, self.role, self.sku, str(self.shape)


@dataclass(frozen=True)
class Worth:
    """What a request of a workload is worth under a budget, and whose turn it is (1 first)."""

    usd: float
    priority: int = 1


class GpuQuota(NamedTuple):
    """What a quota counts: of each GPU by SKU, of the LLMs' instances (of all nodes held, if none is named)."""

    name: str
    llms: tuple[str, ...]
    per_gpu: dict[str, float]
    most: int


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
    stock : str
        What `available` counts: the units of all terms with this stock; empty means those of this term.
    """

    name: str
    usd_per_h: float
    committed: bool = False
    available: int | None = None
    slots: tuple[str, ...] = ()
    spot: bool = False
    max_share: float = 1.0
    interruption: float = 0.0
    stock: str = ""

    @property
    def drawn_from(self) -> str:
        """Name the stock that `available` counts."""
        return self.stock or self.name

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
    site, kg_per_h : str and float
        Where it stands, and the CO2 of one unit at full load.
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
    site: str | None = None
    kg_per_h: float = 0.0

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
    serve : float
        Part of the load of each pool in use that is carried when its spares are gone, and of what must be served when
        sites are.
    lost_sites : tuple of tuples of str
        Sites that may be gone at once.
    uncertainty : Uncertainty
        Which workloads may bring more work than stated, how much more, and how many of a pool at once.
    max_skus, power_kw : int and float, or None
        Most SKUs to use, most kilowatts to draw.
    min_pool_instances : int
        Instances that a pool in use has at least.
    budget_usd_per_h : float or None
        Most to spend; then as much as possible of what is worth something is served.
    worth : dict
        Workload → what a request of it is worth, under a budget.
    instance_start_usd : dict
        LLM → dollars of starting one of its instances, where it costs any.
    site_power_kw : dict
        Site → most kilowatts to draw there.
    carbon_kg_per_h, carbon_usd_per_kg : float or None, float
        Most CO2 on average, and what it costs.
    now : dict or None
        Slot → (LLM, role, SKU, shape) → instances that run now; None where nobody asks what changes.
    changeover : Changeover
        What starting and stopping instances costs against those.
    preferred : tuple of str
        SKUs to use first; empty where none is preferred to others.
    quotas : tuple of GpuQuota
        What may be held or used at any time.
    risk : Risk
        What of the cost's distribution over scenarios is minimised.
    encoded : dict
        Requests with images: where prefill's routes lead → (split of TTFT with encode, handover).
    """

    lanes: tuple[Lane, ...]
    nodes: tuple[NodeType, ...]
    slots: tuple[Slot, ...]
    refusals: tuple[Refusal, ...]
    serve: float = 1.0
    lost_sites: tuple[tuple[str, ...], ...] = ()
    uncertainty: Uncertainty = field(default_factory=Uncertainty)
    max_skus: int | None = None
    power_kw: float | None = None
    min_pool_instances: int = 1
    budget_usd_per_h: float | None = None
    worth: dict[str, Worth] = field(default_factory=dict)
    instance_start_usd: dict[str, float] = field(default_factory=dict)
    risk: Risk = NO_RISK
    quotas: tuple[GpuQuota, ...] = ()
    site_power_kw: dict[str, float] = field(default_factory=dict)
    carbon_kg_per_h: float | None = None
    carbon_usd_per_kg: float = 0.0
    preferred: tuple[str, ...] = ()
    now: dict[str, dict[Deployment, int]] | None = None
    changeover: Changeover = NO_CHANGEOVER
    encoded: dict[str, tuple[str, str]] = field(default_factory=dict)

    @cached_property
    def node_of(self) -> dict[str, NodeType]:
        """SKU → its nodes."""
        return {node.sku: node for node in self.nodes}

    @property
    def scenarios(self) -> dict[str, float]:
        """Scenario → probability, of those that are told apart."""
        found: dict[str, float] = {}
        for slot in self.slots:
            found[slot.scenario] = found.get(slot.scenario, 0.0) + slot.weight
        return found

    def running_when(self) -> Now | None:
        """Give what runs now by scenario and period; None where nobody asks what changes."""
        if self.now is None:
            return None
        return {when: self.now[slot.name] for slot in self.slots for when in slot.whens}

    @property
    def remaining(self) -> dict[str, tuple[Lane, ...]]:
        """Sites that may be gone at once → lanes that stand elsewhere."""
        return {
            " and ".join(gone): tuple(lane for lane in self.lanes if lane.site not in gone) for gone in self.lost_sites
        }

    def stranded(self) -> list[tuple[str, str]]:
        """Give (sites, workload) of what must be served but that nothing can serve when these sites are gone."""
        return [(gone, name) for gone, lanes in self.remaining.items() for name in self.unserved(lanes)]

    def handover_of(self, way: str) -> str:
        """Give the handover that a prefill (or decode) route leads to."""
        return self.encoded[way][1] if way in self.encoded else way

    def passable(self, lanes: tuple[Lane, ...] | None = None) -> dict[str, set[Route]]:
        """Role → routes that lead through all stages, on the lanes given or on all."""
        sides: dict[str, set[Route]] = {role: set() for role in ("encode", "prefill", "decode", "mixed")}
        for lane in self.lanes if lanes is None else lanes:
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

    def unserved(self, lanes: tuple[Lane, ...] | None = None) -> tuple[str, ...]:
        """Workloads that must be served but that no lane (of those given, or of all), or no chain, can serve."""
        passable = self.passable(lanes)
        served = {route.workload for route in passable["decode"] | passable["mixed"]}
        required = [name for slot in self.slots for name, rate in slot.required_rps.items() if rate > 0]
        return tuple(name for name in dict.fromkeys(required) if name not in served)
