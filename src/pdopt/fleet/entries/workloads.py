"""Workloads and their targets as they are written, in milliseconds and minutes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import Field

from pdopt.fleet.entries.kinds import MonthlyGrowth, Rates
from pdopt.fleet.entries.sites import MillisecondsBySite, Names
from pdopt.fleet.faults import Path
from pdopt.fleet.fields import Count, Entry, Fraction, NotNegative, Positive, Text

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

    ESSENTIAL: ClassVar[tuple[str, ...]] = ("model", "input_tokens", "output_tokens", "slo", "requests_per_second")

    model: Text = Field(description="the LLM that serves it, one of models")
    input_tokens: Positive = Field(description="the mean input tokens of a request")
    output_tokens: Positive = Field(description="the mean output tokens of a request")
    cached_tokens: NotNegative = Field(0.0, description="the input tokens that the prefix cache answers")
    tokens_per_minute: Rates | None = Field(
        None, description="input and output tokens per minute together; a number, or one per period"
    )
    requests_per_second: Rates | None = Field(
        None, description="the demand in requests per second; a number, or one per period (a mapping or a list)"
    )
    slo: SloEntry = Field(description="targets, such as {ttft_mean_ms: 2000, tpot_mean_ms: 50}")
    min_served: Fraction | None = Field(
        None, description="the fraction of the demand the plan must carry, 0 to 1; left out, 1, or 0 with a budget"
    )
    value: NotNegative | None = Field(None, description="what a request is worth, for budgets; left out, 1")
    priority: Count | None = Field(
        None, description="a whole number, for budgets: 1 (where left out) is served before 2, whatever 2 is worth"
    )
    growth: MonthlyGrowth | None = Field(
        None, description="its own growth of demand, such as 8 %/month or 150 %/year (docs/budget.md)"
    )
    prefill_service_cv2: NotNegative | None = Field(None, description="its own squared coefficient of variation")
    images: NotNegative = Field(0.0, description="the images of a request (mean), encoded before prefill")
    image_tokens: Positive | None = Field(None, description="the tokens of one image, part of input_tokens")
    encode_service_cv2: NotNegative | None = Field(
        None, description="the squared coefficient of variation of encoding; left out, that of prefill"
    )

    sites: Names = Field(None, description="the only sites that may serve it, one or a list; leave it out for all")
    latency_ms: MillisecondsBySite | None = Field(
        None,
        description="site: milliseconds there and back, part of TTFT where its first token is made there; "
        "a site that is not named counts 0",
    )

    @classmethod
    def cross_faults(cls, raw: dict[str, Any]) -> Iterator[tuple[Path, str]]:
        """Ask for fewer cached than input tokens and a complete SLO."""
        cached, tokens = raw.get("cached_tokens", 0), raw.get("input_tokens")
        if isinstance(cached, int | float) and isinstance(tokens, int | float) and cached >= tokens > 0:
            yield ("cached_tokens",), f"is {cached:g} of {tokens:g} input_tokens; give fewer cached than input tokens"
        yield from _image_faults(raw)
        if raw.get("sites") == []:
            yield ("sites",), "names no site; name those that may serve it, or leave it out for all"
        if isinstance(raw.get("slo"), dict):
            yield from ((("slo", *loc), sentence) for loc, sentence in SloEntry.cross_faults(raw["slo"]))


def _image_faults(raw: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Ask for the size of images, and count their tokens as part of the input."""
    images, size, tokens = (raw.get(key) for key in ("images", "image_tokens", "input_tokens"))
    if not isinstance(images, int | float) or isinstance(images, bool) or images <= 0:
        return
    if size is None:
        yield ("images",), f"is {images:g}, but image_tokens is missing; give the tokens of one image"
    elif isinstance(size, int | float) and isinstance(tokens, int | float) and images * size > tokens > 0:
        sentence = f"of {images:g} images are {images * size:g}, more than the {tokens:g} input_tokens they are part of"
        yield ("image_tokens",), f"{sentence}; count them in input_tokens"
