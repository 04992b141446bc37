"""A fleet dict as plain records in seconds, tokens, requests per second and dollars per hour.

The referee is written from the documents alone and imports nothing of the planner.
"""

from dataclasses import dataclass, field, replace

PROBABILITY = {"p50": 0.50, "p90": 0.90, "p95": 0.95, "p99": 0.99}
ROLES = ("prefill", "decode", "mixed")
SHAPE_KEYS = ("gpu", "gpus", "engine", "precision", "parallelism", "dp")


@dataclass(frozen=True)
class Workload:
    """One class of requests; targets map a statistic ("mean", "p50" … "p99") to seconds."""

    name: str
    llm: str
    input_tokens: float
    output_tokens: float
    cached_tokens: float
    demand_rps: float
    min_served: float
    ttft_targets_s: dict
    tpot_targets_s: dict
    sites: tuple = ()
    latency_s: dict = field(default_factory=dict)

    def seen_from(self, site):
        """The same with what its targets leave after the way to a site and back; None where it may not run."""
        if self.sites and site not in self.sites:
            return None
        way_s = self.latency_s.get(site, 0.0)
        return replace(self, ttft_targets_s={s: bound_s - way_s for s, bound_s in self.ttft_targets_s.items()})

    @property
    def new_tokens(self):
        """Input tokens that miss the prefix cache."""
        return self.input_tokens - self.cached_tokens

    @property
    def context_tokens(self):
        """Mean context of a request while it decodes."""
        return self.input_tokens + self.output_tokens / 2

    @property
    def needed_rps(self):
        """The least rate a plan must carry."""
        return self.min_served * self.demand_rps


@dataclass(frozen=True)
class Sku:
    """One rentable node type; `available_nodes` is None where the stock has no limit."""

    name: str
    gpu: str
    gpus: int
    usd_per_hour: float
    available_nodes: int | None
    billed_per_gpu: bool
    site: str | None = None

    @property
    def stock_gpus(self):
        """GPUs that can be rented."""
        return float("inf") if self.available_nodes is None else self.available_nodes * self.gpus

    def cost_usd_per_h(self, used_gpus):
        """Cost of running `used_gpus` GPUs on nodes of this kind."""
        if self.billed_per_gpu:
            return self.usd_per_hour / self.gpus * used_gpus
        return self.usd_per_hour * -(-used_gpus // self.gpus)


@dataclass(frozen=True)
class Profile:
    """Measurements of one shape in one role; `rows` are the fleet's own rows, margins applied."""

    role: str
    gpu: str
    gpus: int
    engine: str
    precision: str
    parallelism: str
    dp: int
    rows: tuple

    def talks_to(self, other):
        """Whether a KV cache may pass between the two: equal or blank engine and precision."""
        pairs = ((self.engine, other.engine), (self.precision, other.precision))
        return all(not mine or not theirs or mine == theirs for mine, theirs in pairs)


@dataclass(frozen=True)
class Problem:
    """Everything the referee needs to know of a fleet."""

    skus: dict
    workloads: dict
    profiles: dict
    overhead_s: float
    service_cv2: float
    open_arrivals: bool
    quadratic_fit: bool
    demand_factor: float


def read_problem(fleet, stressed=True):
    """Read a fleet dict; `stressed` applies its margins to demand and measurements."""
    margins = {"demand": 0.0, "prefill": 0.0, "decode": 0.0}
    if stressed:
        margins |= fleet.get("margins", {})
    assumed = fleet.get("assumptions", {})
    if assumed.get("dispatch", "split") != "split":
        raise NotImplementedError("the referee knows split dispatch only")
    return Problem(
        skus={name: _sku(name, entry) for name, entry in fleet["skus"].items()},
        workloads={name: _workload(name, entry, margins) for name, entry in fleet["workloads"].items()},
        profiles={name: _profiles(entry, margins) for name, entry in fleet["models"].items()},
        overhead_s=fleet.get("transfer", {}).get("overhead_ms", 0.0) / 1000,
        service_cv2=assumed.get("prefill_service_cv2", 1.0),
        open_arrivals=assumed.get("decode_load", "steady") == "open",
        quadratic_fit=assumed.get("decode_fit", "linear") == "quadratic",
        demand_factor=1 + margins["demand"],
    )


def _sku(name, entry):
    """Read one SKU."""
    per_gpu = entry.get("billing", "node") == "gpu"
    stock = entry.get("available")
    return Sku(name, entry["gpu"], entry["gpus"], entry["usd_per_hour"], stock, per_gpu, entry.get("site"))


def _workload(name, entry, margins):
    """Read one workload."""
    inputs, outputs = entry["input_tokens"], entry["output_tokens"]
    if "requests_per_second" in entry:
        demand_rps = entry["requests_per_second"]
    else:
        demand_rps = entry["tokens_per_minute"] / 60 / (inputs + outputs)
    return Workload(
        name=name,
        llm=entry["model"],
        input_tokens=inputs,
        output_tokens=outputs,
        cached_tokens=entry.get("cached_tokens", 0),
        demand_rps=demand_rps * (1 + margins["demand"]),
        min_served=entry.get("min_served", 1.0),
        ttft_targets_s=_targets_s(entry["slo"], "ttft"),
        tpot_targets_s=_targets_s(entry["slo"], "tpot"),
        sites=tuple(entry.get("sites", ())),
        latency_s={site: ms / 1000 for site, ms in entry.get("latency_ms", {}).items()},
    )


def _targets_s(slo, latency):
    """Targets of one latency by statistic, in seconds."""
    names = {f"{latency}_{statistic}_ms": statistic for statistic in ("mean", *PROBABILITY)}
    return {names[key]: value / 1000 for key, value in slo.items() if key in names}


def _profiles(llm, margins):
    """Group the rows of one LLM into profiles, one for each role and shape."""
    groups = {}
    for role in ROLES:
        for row in llm.get(role, []):
            shape = tuple(row.get(key, 1 if key == "dp" else "") for key in SHAPE_KEYS)
            groups.setdefault((role, *shape), []).append(_stressed_row(role, row, margins))
    return [Profile(*key, rows=tuple(rows)) for key, rows in groups.items()]


def _stressed_row(role, row, margins):
    """One row with the held-back share of its performance taken off."""
    if role == "prefill":
        return row | {"tokens_per_s": row["tokens_per_s"] * (1 - margins["prefill"])}
    if role == "decode":
        return row | {"tpot_ms": row["tpot_ms"] / (1 - margins["decode"])}
    return row | {"requests_per_s": row["requests_per_s"] * (1 - max(margins["prefill"], margins["decode"]))}
