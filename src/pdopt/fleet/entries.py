"""The parts of a fleet file as they are written: milliseconds, minutes and all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, StrictBool

from pdopt.fleet.faults import Path
from pdopt.fleet.fields import Count, CountOrZero, Entry, Fraction, Growth, HeldBack, NotNegative, Positive, Text
from pdopt.fleet.rows import ROWS
from pdopt.fleet.site_entries import MillisecondsBySite, Names


class SkuEntry(Entry):
    """A node one can rent or owns."""

    LATER: ClassVar[tuple[str, ...]] = ("terms",)

    gpu: Text = Field(description="the GPU type, as the profiles name it (h200-sxm)")
    gpus: Count = Field(description="the GPUs of one node, a whole number")
    usd_per_hour: NotNegative = Field(description="the price of one node in dollars per hour")
    available: CountOrZero | None = Field(None, description="how many nodes there are, or leave it out for no limit")
    billing: Literal["node", "gpu"] = Field("node", description="node (whole nodes) or gpu (GPUs in use)")
    nic_gb_per_s: Positive | None = Field(None, description="the network of one instance in gigabytes per second")
    power_kw: Positive | None = Field(None, description="kilowatts of one node at full load, for limits.power_kw")
    site: Text | None = Field(None, description="where it stands, one of sites (docs/sites.md)")


class ModelEntry(Entry):
    """An LLM: from the catalogue, from a folder of profiles, or with its profile rows in place."""

    prefill: list[object] | None = Field(None, description="a list of prefill rows")
    decode: list[object] | None = Field(None, description="a list of decode rows")
    mixed: list[object] | None = Field(None, description="a list of rows of ordinary (not disaggregated) instances")
    profiles: Text | None = Field(None, description="a folder with prefill.csv and decode.csv, relative to this file")
    engine: Text | None = Field(None, description="the one engine whose profiles may be used (sglang, vllm, trtllm)")
    kv_bytes_per_token: Positive | None = Field(None, description="bytes of KV cache per token")
    analytic: StrictBool = Field(
        False, description="true to estimate profiles on GPUs that have none (docs/analytic.md)"
    )

    @classmethod
    def cross_faults(cls, raw: dict[str, Any]) -> Iterator[tuple[Path, str]]:
        """Refuse a folder of profiles beside rows in place."""
        if raw.get("profiles") is not None and any(raw.get(role) is not None for role in ROWS):
            yield ("profiles",), "stands beside rows in place; keep one of the two"

    @property
    def inline(self) -> bool:
        """Whether any profile row stands in the fleet file itself."""
        return any(getattr(self, role) is not None for role in ROWS)


TTFT: Any = Field(None, description="milliseconds until the first token, above 0")
TPOT: Any = Field(None, description="milliseconds per output token, above 0")


class SloEntry(Entry):
    """Latency targets of a workload; the key names the statistic."""

    ttft_mean_ms: Positive | None = TTFT
    ttft_p50_ms: Positive | None = TTFT
    ttft_p90_ms: Positive | None = TTFT
    ttft_p95_ms: Positive | None = TTFT
    ttft_p99_ms: Positive | None = TTFT
    tpot_mean_ms: Positive | None = TPOT
    tpot_p50_ms: Positive | None = TPOT
    tpot_p90_ms: Positive | None = TPOT
    tpot_p95_ms: Positive | None = TPOT
    tpot_p99_ms: Positive | None = TPOT

    @classmethod
    def cross_faults(cls, raw: dict[str, Any]) -> Iterator[tuple[Path, str]]:
        """Ask for at least one target on each metric."""
        for metric, example in (("ttft", 2000), ("tpot", 50)):
            if not any(str(key).startswith(f"{metric}_") and value is not None for key, value in raw.items()):
                yield (), f"names no {metric.upper()} target; add one, such as {metric}_mean_ms: {example}"


class WorkloadEntry(Entry):
    """A class of requests with one SLO."""

    LATER: ClassVar[tuple[str, ...]] = ("value", "priority")

    model: Text = Field(description="the LLM that serves it, one of models")
    input_tokens: Positive = Field(description="the mean input tokens of a request")
    output_tokens: Positive = Field(description="the mean output tokens of a request")
    cached_tokens: NotNegative = Field(0.0, description="the input tokens that the prefix cache answers")
    tokens_per_minute: NotNegative | None = Field(None, description="input and output tokens per minute together")
    requests_per_second: NotNegative | None = Field(None, description="the demand in requests per second")
    slo: SloEntry = Field(description="targets, such as {ttft_mean_ms: 2000, tpot_mean_ms: 50}")
    min_served: Fraction = Field(1.0, description="the fraction of the demand the plan must carry, 0 to 1")
    prefill_service_cv2: NotNegative | None = Field(None, description="its own squared coefficient of variation")
    sites: Names = Field(None, description="the only sites that may serve it, one or a list; leave it out for all")
    latency_ms: MillisecondsBySite | None = Field(
        None,
        description="site: milliseconds there and back, part of TTFT where its first token is made there; "
        "a site that is not named counts 0",
    )

    @classmethod
    def cross_faults(cls, raw: dict[str, Any]) -> Iterator[tuple[Path, str]]:
        """Ask for one way of stating the demand, fewer cached than input tokens, a complete SLO."""
        stated = [key for key in ("tokens_per_minute", "requests_per_second") if raw.get(key) is not None]
        if len(stated) != 1:
            yield tuple(stated[:1]), "needs exactly one of tokens_per_minute and requests_per_second; keep one"
        cached, tokens = raw.get("cached_tokens", 0), raw.get("input_tokens")
        if isinstance(cached, int | float) and isinstance(tokens, int | float) and cached >= tokens > 0:
            yield ("cached_tokens",), f"is {cached:g} of {tokens:g} input_tokens; give fewer cached than input tokens"
        if raw.get("sites") == []:
            yield ("sites",), "names no site; name those that may serve it, or leave it out for all"
        if isinstance(raw.get("slo"), dict):
            yield from ((("slo", *loc), sentence) for loc, sentence in SloEntry.cross_faults(raw["slo"]))


class LinkEntry(Entry):
    """The network between two SKUs, as one prefill instance sees it."""

    prefill: Text = Field(description="the SKU that prefills, one of skus")
    decode: Text = Field(description="the SKU that decodes, one of skus")
    gb_per_s: Positive = Field(description="the bandwidth of the link in gigabytes per second")


def _as_list(value: object) -> object:
    return [] if value is None else value


class TransferEntry(Entry):
    """What TTFT spends outside queue and compute."""

    overhead_ms: NotNegative = Field(0.0, description="milliseconds of network and KV transfer per request")
    links: Annotated[list[LinkEntry], BeforeValidator(_as_list)] = Field(
        default_factory=list, description="a list of {prefill, decode, gb_per_s}"
    )

    @classmethod
    def cross_faults(cls, raw: dict[str, Any]) -> Iterator[tuple[Path, str]]:
        """Refuse a pair of SKUs linked twice."""
        pairs = [(link.get("prefill"), link.get("decode")) for link in _links(raw)]
        for i, pair in enumerate(pairs):
            if pair in pairs[:i]:
                yield ("links", i), f"links {pair[0]} to {pair[1]} again; keep one of the two"


def _links(raw: dict[str, Any]) -> list[dict[str, Any]]:
    links = raw.get("links")
    return [link if isinstance(link, dict) else {} for link in links] if isinstance(links, list) else []


class AssumptionsEntry(Entry):
    """What the performance model assumes; the defaults are the paper's."""

    prefill_service_cv2: NotNegative = Field(1.0, description="1 for M/M/1, 0 for M/D/1")
    dispatch: Literal["split", "pooled"] = Field("split", description="split (each instance queues for itself)")
    decode_load: Literal["steady", "open"] = Field("steady", description="steady (batch) or open (random arrivals)")
    decode_fit: Literal["linear", "quadratic"] = Field("linear", description="linear or quadratic")

    @classmethod
    def cross_faults(cls, raw: dict[str, Any]) -> Iterator[tuple[Path, str]]:
        """Refuse what this version cannot do, and what excludes one another."""
        if raw.get("dispatch") == "pooled":
            yield ("dispatch",), "pooled is not available in this version; use split"
        if raw.get("decode_load") == "open" and raw.get("decode_fit") == "quadratic":
            yield ("decode_fit",), "quadratic describes a steady batch, not decode_load: open; use linear"


class RedundancyEntry(Entry):
    """What may be gone while the plan still serves within its targets."""

    instances: CountOrZero = Field(0, description="how many instances of any one pool may be gone")


class LimitsEntry(Entry):
    """What a plan as a whole must stay within."""

    max_skus: Count | None = Field(None, description="how many SKUs a plan may use at most")
    power_kw: Positive | None = Field(None, description="kilowatts that the rented nodes may draw at most")
    forbid: list[object] | None = Field(None, description="a list of placements and pairs that a plan may not use")
    require: list[object] | None = Field(
        None, description="a list of placements and pairs outside which what they name may not run"
    )


class MarginsEntry(Entry):
    """Fractions held back: more demand, slower prefill, slower decode than stated and measured."""

    demand: Growth = Field(0.0, description="a fraction such as 0.1 or 10 %")
    prefill: HeldBack = Field(0.0, description="a fraction such as 0.05 or 5 %")
    decode: HeldBack = Field(0.0, description="a fraction such as 0.08 or 8 %")
