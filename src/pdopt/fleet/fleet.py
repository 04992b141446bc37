"""The validated problem, in inner units: seconds, tokens, requests per second, dollars per hour."""

from __future__ import annotations

from dataclasses import dataclass, field

from pdopt.fleet.profiles import DecodeProfile, MixedProfile, PrefillProfile, Profile, Shape


@dataclass(frozen=True)
class PriceOrigin:
    """The price list, or the fleet file itself, that a price stands in."""

    source: str = "given in the fleet file"
    file: str | None = None
    date: str | None = None
    term: str | None = None
    region: str | None = None


@dataclass(frozen=True)
class Sku:
    """One node type that can be rented.

    Attributes
    ----------
    available : int or None
        Nodes in stock; None means no limit.
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

    def hosts(self, shape: Shape) -> bool:
        """Whether an instance of the shape can run here."""
        return shape.gpu == self.gpu and (self.spans or shape.gpus <= self.gpus)


@dataclass(frozen=True)
class Llm:
    """One LLM with its measured profiles."""

    name: str
    prefill: tuple[PrefillProfile, ...] = ()
    decode: tuple[DecodeProfile, ...] = ()
    mixed: tuple[MixedProfile, ...] = ()
    kv_bytes_per_token: float | None = None

    def shapes(self) -> set[Shape]:
        """Give all instance shapes that were measured, in any role."""
        profiles: tuple[Profile, ...] = (*self.prefill, *self.decode, *self.mixed)
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
        return None if self.statistic == "mean" else 1 - int(self.statistic[1:]) / 100


@dataclass(frozen=True)
class Workload:
    """A class of requests with one SLO."""

    name: str
    llm: str
    input_tokens: float
    output_tokens: float
    cached_tokens: float
    demand_rps: float
    targets: tuple[Target, ...]
    min_served: float = 1.0
    prefill_service_cv2: float = 1.0

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
    """What TTFT spends outside queue and compute; links are gigabytes per second by (P SKU, D SKU)."""

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


@dataclass(frozen=True)
class Redundancy:
    """What may be gone while the plan still serves: that many instances of any one pool."""

    instances: int = 0


@dataclass(frozen=True)
class Limits:
    """What a plan as a whole must stay within; None where nothing is asked."""

    max_skus: int | None = None
    power_kw: float | None = None


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
    limits: Limits = Limits()
    notes: tuple[str, ...] = ()
    source_hash: str = ""

    def link_gb_per_s(self, prefill_sku: str, decode_sku: str) -> float | None:
        """Bandwidth from one SKU to another: the stated link, else the slower of the two NICs, else None."""
        stated = self.transfer.links_gb_per_s.get((prefill_sku, decode_sku))
        if stated is not None:
            return stated
        nics = (self.skus[prefill_sku].nic_gb_per_s, self.skus[decode_sku].nic_gb_per_s)
        return None if nics[0] is None or nics[1] is None else min(nics[0], nics[1])
