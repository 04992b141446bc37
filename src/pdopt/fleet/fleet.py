"""The validated problem, in inner units: seconds, tokens, requests per second, dollars per hour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace

from pdopt.fleet.profiles import DecodeProfile, EncodeProfile, MixedProfile, PrefillProfile, Profile, Shape
from pdopt.fleet.rules import Rule


@dataclass(frozen=True)
class PriceOrigin:
    """The price list, or the fleet file itself, that a price stands in."""

    source: str = "given in the fleet file"
    file: str | None = None
    date: str | None = None
    term: str | None = None
    region: str | None = None


@dataclass(frozen=True)
class Term:
    """One way of paying for the nodes of a SKU.

    Attributes
    ----------
    kind : str
        "on_demand" and "spot": paid in the periods they are used; "reserved": chosen once, paid in every period it is
        offered in; "owned": there already, all of it, running costs paid in the periods it is used.
    usd_per_h : float
        Dollars per hour of one node, the amortisation of what is bought included (but not of what is owned).
    available : int or None
        Nodes under this term; None means no limit.
    max_share : float
        Largest part of the instances of a pool that may run on spot nodes.
    interruption : float
        Expected part of the time that a spot node is away.
    periods : tuple of str
        Periods that the term is offered in; empty means all.
    sunk_usd_per_h : float
        Dollars per hour of all owned nodes together, used or not.
    months : int or None
        How long a commitment runs, or owned nodes stay; None means to the end of what is planned.
    lead_months : int
        Whole months from ordering a node to having it.
    stock : str
        The terms of a SKU that name the same stock share its `available` nodes; empty means a stock of its own.
    """

    name: str
    usd_per_h: float
    kind: str = "on_demand"
    available: int | None = None
    max_share: float = 1.0
    interruption: float = 0.0
    periods: tuple[str, ...] = ()
    sunk_usd_per_h: float = 0.0
    months: int | None = None
    lead_months: int = 0
    stock: str = ""

    @property
    def committed(self) -> bool:
        """Whether the number of nodes is chosen once for all periods and scenarios."""
        return self.kind == "reserved"


@dataclass(frozen=True)
class Site:
    """A place where nodes stand, with what its electricity emits."""

    name: str
    gco2_per_kwh: float = 0.0
    pue: float = 1.0
    power_kw: float | None = None


@dataclass(frozen=True)
class Sku:
    """One node type that can be rented.

    Attributes
    ----------
    usd_per_h : float
        Price of one node by the hour; with terms, that of the first on demand, else of the first that is not reserved,
        else of the first.
    available : int or None
        Nodes in stock under all terms together; None means no limit.
    terms : tuple of Term
        Ways of paying; empty where `usd_per_h` is the only one.
    start_usd, stop_usd, min_up_h : float
        What starting and stopping a node costs, and the hours it stays up at least (not of reserved nodes).
    at_least : int
        Nodes rented in any case, under contract already or wanted for other reasons.
    sold_in : int
        Nodes come in multiples of this (the racks of NVL72).
    lead_months : int
        Whole months from ordering a node to having it, where there is but one price.
    billing : str
        "node" pays whole nodes, "gpu" pays GPUs in use at the node's price divided by its GPUs.
    spans : bool
        Whether an instance may stretch over several nodes; a part of a machine from a price list cannot.
    """

    name: str
    gpu: str
    gpus: int
    usd_per_h: float
    available: int | None = None
    billing: str = "node"
    nic_gb_per_s: float | None = None
    price_origin: PriceOrigin = PriceOrigin()
    spans: bool = True
    power_kw: float | None = None
    terms: tuple[Term, ...] = ()
    site: str | None = None
    start_usd: float = 0.0
    stop_usd: float = 0.0
    min_up_h: float = 0.0
    sold_in: int = 1
    at_least: int = 0
    lead_months: int = 0

    @property
    def ways_to_pay(self) -> tuple[Term, ...]:
        """Give the terms, or the one that a single price makes."""
        return self.terms or (Term("on_demand", self.usd_per_h, lead_months=self.lead_months),)

    def hosts(self, shape: Shape) -> bool:
        """Whether an instance of the shape can run here."""
        return shape.gpu == self.gpu and (self.spans or shape.gpus <= self.gpus)


@dataclass(frozen=True)
class Llm:
    """One LLM with its measured profiles; `start_usd` is what starting one of its instances costs."""

    name: str
    prefill: tuple[PrefillProfile, ...] = ()
    decode: tuple[DecodeProfile, ...] = ()
    mixed: tuple[MixedProfile, ...] = ()
    kv_bytes_per_token: float | None = None
    start_usd: float = 0.0
    encode: tuple[EncodeProfile, ...] = ()
    embedding_bytes_per_token: float | None = None

    def shapes(self) -> set[Shape]:
        """Give all instance shapes that were measured, in any role."""
        profiles: tuple[Profile, ...] = (*self.encode, *self.prefill, *self.decode, *self.mixed)
        return {profile.shape for profile in profiles}


@dataclass(frozen=True, order=True)
class Target:
    """An upper bound on one statistic (mean, p50 … p99) of one latency metric (ttft, tpot)."""

    metric: str
    statistic: str
    bound_s: float

    @property
    def tail(self) -> float | None:
        """Fraction of requests that may exceed the bound; None for a mean."""
        return None if self.statistic == "mean" else 1 - float(self.statistic[1:]) / 100


@dataclass(frozen=True)
class Workload:
    """A class of requests with one SLO.

    Attributes
    ----------
    demand_rps : float
        Requests per second, averaged over the hours of the periods.
    series_rps : dict
        Period → requests per second, of all periods in their order; empty where the demand does not vary.
    value : float
        What one request is worth, for budgets.
    priority : int
        1 is served first under a budget, whatever the value of those behind it.
    sites : tuple of str
        Sites that may serve it; empty means all.
    latency_s : dict
        Site → time of TTFT spent on the way there and back.
    images, image_tokens : float
        Images of a request (mean), and tokens of each; they are part of `input_tokens`.
    encode_service_cv2 : float
        Squared coefficient of variation of the time that encoding the images of a request takes.
    owed : float
        Fraction of the demand that is served whatever the budget: `min_served` where it is stated, else 0.
    growth_per_month : float
        Fraction by which the demand grows from one month to the next.
    """

    name: str
    llm: str
    input_tokens: float
    output_tokens: float
    cached_tokens: float
    demand_rps: float
    targets: tuple[Target, ...]
    min_served: float = 1.0
    prefill_service_cv2: float = 1.0
    series_rps: dict[str, float] = field(default_factory=dict)
    value: float = 1.0
    priority: int = 1
    sites: tuple[str, ...] = ()
    latency_s: dict[str, float] = field(default_factory=dict)
    images: float = 0.0
    image_tokens: float = 0.0
    encode_service_cv2: float = 1.0
    owed: float = 0.0
    growth_per_month: float = 0.0

    def rate_rps(self, period: str) -> float:
        """Give the demand of one period."""
        return self.series_rps.get(period, self.demand_rps)

    @property
    def new_tokens(self) -> float:
        """Input tokens that prefill computes: those the prefix cache does not answer."""
        return self.input_tokens - self.cached_tokens

    @property
    def context_tokens(self) -> float:
        """Mean context while decoding: the input and half of the output."""
        return self.input_tokens + self.output_tokens / 2

    def targets_of(self, metric: str) -> tuple[Target, ...]:
        """Give the targets on one metric, "ttft" or "tpot"."""
        return tuple(target for target in self.targets if target.metric == metric)


@dataclass(frozen=True)
class Transfer:
    """What TTFT spends outside queue and compute; links are gigabytes per second by (sending, receiving SKU)."""

    overhead_s: float = 0.0
    links_gb_per_s: dict[tuple[str, str], float] = field(default_factory=dict)


@dataclass(frozen=True)
class Assumptions:
    """What the performance model assumes (formulas of docs/model.md)."""

    prefill_service_cv2: float = 1.0
    dispatch: str = "split"
    decode_load: str = "steady"
    decode_fit: str = "linear"


@dataclass(frozen=True)
class Margins:
    """Fractions held back before the program is built."""

    demand: float = 0.0
    prefill: float = 0.0
    decode: float = 0.0
    encode: float = 0.0


@dataclass(frozen=True)
class Redundancy:
    """What may be gone while the plan still serves.

    Attributes
    ----------
    instances : int
        Of every pool.
    nodes : int
        Of any SKUs, whatever runs on them.
    sites : int
        Whole sites, whatever stands there; requests then go elsewhere.
    serve : float
        Part of the load of each pool that the rest of it carries within its targets, and of what must be served of each
        workload that the sites left serve.
    """

    instances: int = 0
    nodes: int = 0
    sites: int = 0
    serve: float = 1.0

    def stated(self) -> dict[str, float]:
        """Give what may be gone, and the part that is served then where it is not all; empty where nothing may."""
        gone = {key: count for key, count in asdict(self).items() if key != "serve" and count}
        return {**gone, "serve": self.serve} if gone and self.serve < 1 else gone


@dataclass(frozen=True)
class Uncertainty:
    """What may deviate from what is stated: at once, at most so many workloads of any pool.

    Attributes
    ----------
    deviation : dict
        Workload → fraction of work that it may bring beyond what is stated.
    """

    workloads: int = 0
    deviation: dict[str, float] = field(default_factory=dict)

    def among(self, workloads: Iterable[str]) -> dict[str, float]:
        """Give the fractions of those of some workloads that may deviate."""
        if not (self.workloads and self.deviation):
            return {}
        found = {name: self.deviation.get(name, 0.0) for name in dict.fromkeys(workloads)}
        return {name: fraction for name, fraction in found.items() if fraction}


@dataclass(frozen=True)
class Limits:
    """What a plan as a whole must stay within; None where nothing is asked.

    Attributes
    ----------
    prefer : tuple of str
        SKUs to use first: the fewest GPUs are held on others, then the cost is the least.
    """

    max_skus: int | None = None
    power_kw: float | None = None
    min_pool_instances: int | None = None
    carbon_kg_per_hour: float | None = None
    prefer: tuple[str, ...] = ()


@dataclass(frozen=True)
class Quota:
    """GPUs held of some SKUs, or used there by the instances of some LLMs, that are allowed at any time.

    Attributes
    ----------
    skus : tuple of str
        Names of those that count.
    llms : tuple of str
        Whose instances count; empty means all nodes that are held.
    gpus, nodes : int or None
        How many, one of the two; instances count as the part of a node that their GPUs are.
    """

    name: str
    skus: tuple[str, ...]
    llms: tuple[str, ...] = ()
    gpus: int | None = None
    nodes: int | None = None

    @property
    def most(self) -> int:
        """Give the number that is stated."""
        return (self.nodes if self.gpus is None else self.gpus) or 0

    @property
    def unit(self) -> str:
        """Name what is counted."""
        return "nodes" if self.gpus is None else "GPUs"

    def weight(self, sku: Sku) -> float:
        """Give what one GPU of a SKU counts."""
        return 1 / sku.gpus if self.gpus is None else 1.0


@dataclass(frozen=True)
class Changeover:
    """What changing from the running plan to a new one costs, spread over the hours it will run; starts allowed."""

    usd_per_start: float = 0.0
    usd_per_stop: float = 0.0
    over_h: float = 730.0
    max_starts: int | None = None


@dataclass(frozen=True)
class Period:
    """A slice of the day (or week) with its own demand; after the last of a turn comes the first of it again."""

    name: str
    hours: float
    turn: int = 0


@dataclass(frozen=True)
class Scenario:
    """One way the demand may turn out: factors on the rates of workloads (1 where not named)."""

    name: str
    probability: float = 1.0
    factors: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Risk:
    """What of the cost's distribution over scenarios is minimised.

    ``(1 - weight) * expected + weight * mean of the dearest (1 - alpha)``; alpha 1 means the dearest scenario.
    """

    weight: float = 0.0
    alpha: float = 1.0


ALWAYS = Period("always", 24.0)
SURELY = Scenario("as stated")


@dataclass(frozen=True)
class Fleet:
    """The validated problem. Everything after the door relies on it and re-checks nothing."""

    name: str
    skus: dict[str, Sku]
    llms: dict[str, Llm]
    workloads: dict[str, Workload]
    transfer: Transfer = Transfer()
    assumptions: Assumptions = Assumptions()
    margins: Margins = Margins()
    redundancy: Redundancy = Redundancy()
    uncertainty: Uncertainty = field(default_factory=Uncertainty)
    limits: Limits = Limits()
    periods: tuple[Period, ...] = (ALWAYS,)
    scenarios: tuple[Scenario, ...] = (SURELY,)
    risk: Risk = Risk()
    budget_usd_per_h: float | None = None
    sites: dict[str, Site] = field(default_factory=dict)
    forbid: tuple[Rule, ...] = ()
    require: tuple[Rule, ...] = ()
    quotas: tuple[Quota, ...] = ()
    carbon_usd_per_kg: float = 0.0
    changeover: Changeover | None = None
    months: int | None = None
    notes: tuple[str, ...] = ()
    source_hash: str = ""

    @property
    def sunk_usd_per_h(self) -> float:
        """Dollars per hour of what is owned, used or not."""
        return sum(term.sunk_usd_per_h for sku in self.skus.values() for term in sku.terms)

    def before(self, period: Period) -> Period:
        """Give the period before one in its turn: the last of the turn before the first."""
        turn = [one for one in self.periods if one.turn == period.turn]
        return turn[turn.index(period) - 1]

    def carbon_kg_per_h(self, sku: str) -> float:
        """Kilograms of CO2 per hour of one node at full load: its power, times the site's PUE and grams per kWh."""
        node = self.skus[sku]
        site = self.sites.get(node.site or "")
        return 0.0 if site is None else (node.power_kw or 0.0) * site.pue * site.gco2_per_kwh / 1000

    def rates_rps(self, workload: str) -> dict[tuple[str, str], float]:
        """Give the demand of a workload by (scenario, period)."""
        asked = self.workloads[workload]
        return {
            (scenario.name, period.name): asked.rate_rps(period.name) * scenario.factors.get(workload, 1.0)
            for scenario in self.scenarios
            for period in self.periods
        }

    def at(self, scenario: str, period: str) -> Fleet:
        """Give the fleet as it is in one period of one scenario: the same, with the demand of then."""
        workloads = {
            name: replace(asked, demand_rps=self.rates_rps(name)[scenario, period], series_rps={})
            for name, asked in self.workloads.items()
        }
        then = tuple(p for p in self.periods if p.name == period)
        return replace(self, workloads=workloads, periods=then, scenarios=(SURELY,))

    def link_gb_per_s(self, sending_sku: str, receiving_sku: str) -> float | None:
        """Bandwidth from one SKU to another: the stated link, else the slower of the two NICs, else None."""
        stated = self.transfer.links_gb_per_s.get((sending_sku, receiving_sku))
        if stated is not None:
            return stated
        nics = (self.skus[sending_sku].nic_gb_per_s, self.skus[receiving_sku].nic_gb_per_s)
        return None if nics[0] is None or nics[1] is None else min(nics[0], nics[1])
