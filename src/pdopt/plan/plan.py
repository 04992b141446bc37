"""The answer as a typed value, in the units of plan JSON (docs/plan-json.md)."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import ConfigDict, Field

from pdopt.plan.part import Part as Part
from pdopt.plan.validation import Validation


class Pool(Part):
    """A group of identical instances that share one mix of requests.

    Attributes
    ----------
    serves : dict
        Workload → requests per second over the whole pool.
    utilisation : float
        Share of what the pool could carry within its targets at this mix.
    work : dict
        Workload → its part of the utilisation, in instances: what it would keep busy alone.
    binds : str
        The target nearest to its bound, as "workload ttft_mean_ms".
    handover : str or None
        Decode pools: the group of decode ends they belong to.
    hands_over : dict or None
        Prefill pools: handover → workload → requests per second. Encode pools: split of TTFT in place of handover.
    encoded : dict or None
        Prefill pools: split of TTFT → handover → workload → requests per second, of those with images.
    period, scenario : str or None
        When it runs, where the fleet has several.
    on_spot : dict or None
        Spot term → instances that run on its nodes, of all `instances`.
    expected_away : float or None
        Instances that are away on average, because their spot nodes are.
    """

    model: str
    role: Literal["encode", "prefill", "decode", "mixed"]
    sku: str
    gpu: str
    gpus_per_instance: int
    instances: int
    serves: dict[str, float]
    utilisation: float
    work: dict[str, float] = Field(default_factory=dict)
    binds: str = ""
    parallelism: str = ""
    dp: int = 1
    engine: str = ""
    precision: str = ""
    site: str | None = None
    handover: str | None = None
    hands_over: dict[str, dict[str, float]] | None = None
    encoded: dict[str, dict[str, dict[str, float]]] | None = None
    period: str | None = None
    scenario: str | None = None
    on_spot: dict[str, int] | None = None
    expected_away: float | None = None

    @property
    def carrying(self) -> float:
        """Instances that carry the load on average."""
        return self.instances - (self.expected_away or 0.0)


class Headroom(Part):
    """What a workload survives before a target of its pools breaks, as fractions.

    ``demand``: growth of its own demand. ``prefill_slower``, ``decode_slower`` …: loss of speed of every prefill or
    decode instance (None where it uses none). Each alone, at the plan's routing.
    """

    demand: float | None = None
    prefill_slower: float | None = None
    decode_slower: float | None = None
    mixed_slower: float | None = None
    encode_slower: float | None = None


class Latencies(Part):
    """Predicted latencies in milliseconds at the stated demand; those that nothing is asked of may be absent."""

    ttft_mean_ms: float | None = None
    ttft_p50_ms: float | None = None
    ttft_p90_ms: float | None = None
    ttft_p95_ms: float | None = None
    ttft_p99_ms: float | None = None
    tpot_mean_ms: float | None = None
    tpot_p50_ms: float | None = None
    tpot_p90_ms: float | None = None
    tpot_p95_ms: float | None = None
    tpot_p99_ms: float | None = None


class Spell(Latencies):
    """What one workload gets in one period of one scenario."""

    period: str
    scenario: str | None = None
    demand_rps: float
    served_rps: float


class Promise(Latencies):
    """What one workload gets: rates in requests per second, latencies predicted at the stated demand.

    With periods, rates are averages over the (expected) time, latencies and headroom those of the worst period, and
    `periods` has them one by one.
    """

    name: str
    model: str
    demand_rps: float
    served_rps: float
    slo: dict[str, float]
    headroom: Headroom | None = None
    periods: tuple[Spell, ...] | None = None


class PriceSource(Part):
    """Where a price was read: a dated list, or the fleet file."""

    source: str
    file: str | None = None
    date: str | None = None
    term: str | None = None
    region: str | None = None


class Holding(Part):
    """Nodes (and their GPUs) held under a term in one period of one scenario, and how many the pools need."""

    period: str
    scenario: str | None = None
    nodes: int
    gpus: int
    used: int


class TermUse(Part):
    """What is held of a SKU under one term.

    Attributes
    ----------
    nodes : int
        Committed to, owned, or most held at once.
    usd_per_hour : float
        Average over the (expected) time.
    utilisation : float
        Part of the paid (or owned) node-hours that the pools need.
    break_even : float or None
        Commitments: the utilisation above which they are cheaper than the SKU's cheapest price by the hour (spot
        aside); None where there is no such price.
    """

    term: str
    kind: Literal["on_demand", "spot", "reserved", "owned"]
    nodes: int
    usd_per_hour: float
    usd_per_node_hour: float
    utilisation: float
    break_even: float | None = None
    periods: tuple[Holding, ...]


class Rental(Part):
    """What is rented of one SKU; dollars per hour of all its nodes.

    With periods, nodes and GPUs are those of the busiest period, dollars and the `terms` averages over the time.
    """

    sku: str
    gpu: str
    site: str | None = None
    nodes: int
    gpus_rented: int
    gpus_used: int
    usd_per_hour: float
    available: int | None = None
    power_kw: float | None = None
    price_source: PriceSource | None = None
    terms: tuple[TermUse, ...] | None = None


class PeriodTotal(Part):
    """Totals of one period of one scenario; dollars per hour while it lasts: commitments and CO2 too, starts not."""

    period: str
    scenario: str | None = None
    hours: float
    probability: float = 1.0
    cost_per_hour: float
    gpus: int
    instances: int


class Budget(Part):
    """What a budget bought: dollars per hour, and value per hour of what is served."""

    usd_per_hour: float
    value_per_hour: float
    value_bound_per_hour: float
    wanted_value_per_hour: float


class Change(Part):
    """What differs from the plan that runs now: instances of an LLM in one role and shape on a SKU.

    With periods, `from` and `to` are the largest counts; `starts` and `stops` are the most that any period has more,
    and fewer, than the period of that name has now.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=(), serialize_by_alias=True)

    model: str
    role: Literal["encode", "prefill", "decode", "mixed"]
    sku: str
    gpu: str
    gpus_per_instance: int
    parallelism: str = ""
    dp: int = 1
    engine: str = ""
    precision: str = ""
    before: int = Field(alias="from")
    to: int
    starts: int
    stops: int


class Preference(Part):
    """SKUs that are used first, and the GPUs held on others, on average.

    No plan holds fewer there; among those that hold as few this one costs least, and `bound_per_hour` and `gap` of the
    plan speak of them.
    """

    skus: tuple[str, ...]
    gpus_elsewhere: float


class SiteUse(Part):
    """What the nodes held at a site draw at full load at once at most, and emit on average, where that is known."""

    site: str
    power_kw: float | None = None
    power_kw_available: float | None = None
    carbon_kg_per_hour: float | None = None


class QuotaUse(Part):
    """What a quota allows, in `unit`, and the most of it that is used at any time."""

    name: str
    models: tuple[str, ...] | None = None
    skus: tuple[str, ...]
    unit: Literal["GPUs", "nodes"]
    most: int
    used: float


class Deviations(Part):
    """So many workloads of any pool at once may bring that fraction of work beyond what is stated."""

    workloads: int
    deviation: dict[str, float]


class ProfileUsed(Part):
    """A profile that the plan rests on."""

    model: str
    role: str
    shape: str
    kind: str
    source: str
    date: str | None = None
    engine_version: str | None = None


class TokenPrice(Part):
    """What a million tokens of a workload costs on one SKU in one role, on its best shape fully used.

    Image tokens (encode), input tokens computed (prefill), output tokens (decode), or both of these (mixed), within
    the targets and margins.
    """

    workload: str
    role: Literal["encode", "prefill", "decode", "mixed"]
    sku: str
    usd_per_million_tokens: float
    used: bool


class Effort(Part):
    """Time spent and size of the program."""

    total_s: float
    solve_s: float
    whole_columns: int
    rows: int


class Plan(Part):
    """The cheapest plan found, with its proof.

    Attributes
    ----------
    status : str
        "optimal": proven to the last cent; "feasible": the time limit or the gap was reached first.
    bound_per_hour : float
        No plan is cheaper than this.
    gap : float
        (cost - bound) / cost; of the value under a budget, and of what is minimised where risk counts.
    costs : dict
        The parts that `cost_per_hour` adds up from: kinds of terms, starts, CO2, and changes.
    carbon_kg_per_hour : float or None
        CO2 of all nodes held, at full load, on average; None where power or sites are not known.
    minimised_per_hour : float or None
        What was minimised where risk counts: `cost_per_hour` weighed with the dearest scenarios. The bound is its own.
    after_losing : dict or None
        Sites gone → the pools elsewhere with what they serve then, where sites may be gone.
    fleet_file : str or None
        The fleet's file as seen from the folder that the plan was written to; None where it was not written.
    """

    status: Literal["optimal", "feasible"]
    cost_per_hour: float
    bound_per_hour: float
    gap: float
    name: str
    pools: tuple[Pool, ...]
    workloads: tuple[Promise, ...]
    skus: tuple[Rental, ...]
    costs: dict[str, float]
    carbon_kg_per_hour: float | None = None
    minimised_per_hour: float | None = None
    periods: tuple[PeriodTotal, ...] | None = None
    budget: Budget | None = None
    assumptions: dict[str, float | str]
    margins: dict[str, float]
    redundancy: dict[str, int | float] = Field(default_factory=dict)
    after_losing: dict[str, tuple[Pool, ...]] | None = None
    uncertainty: Deviations | None = None
    limits: dict[str, float] = Field(default_factory=dict)
    rules: dict[str, tuple[dict[str, str], ...]] | None = None
    quotas: tuple[QuotaUse, ...] | None = None
    sites: tuple[SiteUse, ...] | None = None
    preference: Preference | None = None
    changes: tuple[Change, ...] | None = None
    token_prices: tuple[TokenPrice, ...] = ()
    profiles: tuple[ProfileUsed, ...] = ()
    notes: tuple[str, ...] = ()
    fleet_file: str | None = None
    fleet_sha256: str = ""
    pdopt_version: str = ""
    effort: Effort | None = None
    validation: Validation | None = None

    def to_json(self) -> str:
        """Give the plan as JSON text."""
        return _text(self.model_dump(mode="json", exclude_none=True))


class Reason(Part):
    """One reason why there is no plan.

    Attributes
    ----------
    kind : str
        "target" (out of reach), "unmeasured" (no profile at these lengths), "incompatible" (no engine and precision
        in common), "site" (pinned, or sites that no link joins), "rule" (limits.forbid or limits.require),
        "stock" (too few nodes), "limit" (one of limits), "budget" (too little money),
        "demand" (how much can be carried), "slo" (targets that long would do), "time" (the limit came first).
    best_ms : dict
        SKU → best attainable value of the target.
    short_ms : float or None
        Milliseconds by which the target must be longer for a plan to be possible.
    factor : float or None
        Times as long as the targets must be for a plan to be possible.
    remedy : tuple of dict
        ``{"set": key of the fleet file, "from": value, "to": value}``, all to be made; empty where none is known.
    verified : bool or None
        Whether the fleet with the remedy was solved and has a plan; None without a remedy.
    """

    kind: Literal[
        "target", "unmeasured", "incompatible", "site", "rule", "stock", "limit", "budget", "demand", "slo", "time"
    ]
    sentence: str
    workload: str | None = None
    target: str | None = None
    bound_ms: float | None = None
    best_ms: dict[str, float] = Field(default_factory=dict)
    sku: str | None = None
    term: str | None = None
    available: int | None = None
    nodes_short: int | None = None
    limit: str | None = None
    short_by: float | None = None
    largest_fraction: float | None = None
    short_ms: float | None = None
    factor: float | None = None
    remedy: tuple[dict[str, str | int | float | None], ...] = ()
    verified: bool | None = None
    unverified_because: str | None = None


class NoPlan(Part):
    """Why there is no plan: ``infeasible`` is proven, ``unknown`` means that the time limit came first."""

    status: Literal["infeasible", "unknown"]
    name: str
    reasons: tuple[Reason, ...]
    notes: tuple[str, ...] = ()
    fleet_sha256: str = ""
    pdopt_version: str = ""
    cost_per_hour: None = None
    bound_per_hour: float | None = None
    gap: None = None
    pools: tuple[Pool, ...] = ()
    workloads: tuple[Promise, ...] = ()
    skus: tuple[Rental, ...] = ()

    def to_json(self) -> str:
        """Give the reasons as JSON text; the plan's own keys are there, empty."""
        stated = self.model_dump(mode="json", exclude_none=True)
        empty: dict[str, Any] = {"cost_per_hour": None, "gap": None}
        return _text({**stated, **empty})


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


Answer = Plan | NoPlan
