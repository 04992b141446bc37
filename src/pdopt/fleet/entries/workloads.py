"""Workloads and their targets as they are written, in milliseconds and minutes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import Field

from pdopt.fleet.faults import Path
from pdopt.fleet.fields import Entry, Fraction, NotNegative, Positive, Text

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

    @classmethod
    def cross_faults(cls, raw: dict[str, Any]) -> Iterator[tuple[Path, str]]:
        """Ask for one way of stating the demand, fewer cached than input tokens, a complete SLO."""
        stated = [key for key in ("tokens_per_minute", "requests_per_second") if raw.get(key) is not None]
        if len(stated) != 1:
            yield tuple(stated[:1]), "needs exactly one of tokens_per_minute and requests_per_second; keep one"
        cached, tokens = raw.get("cached_tokens", 0), raw.get("input_tokens")
        if isinstance(cached, int | float) and isinstance(tokens, int | float) and cached >= tokens > 0:
            yield ("cached_tokens",), f"is {cached:g} of {tokens:g} input_tokens; give fewer cached than input tokens"
        if isinstance(raw.get("slo"), dict):
            yield from ((("slo", *loc), sentence) for loc, sentence in SloEntry.cross_faults(raw["slo"]))
