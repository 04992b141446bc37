"""Rows of measured profiles, as they stand in fleet files and in CSV tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from pdopt.fleet.faults import Path
from pdopt.fleet.fields import Count, Entry, NotNegative, Positive, Text

STATISTICS = ("mean", "p50", "p90", "p95", "p99")


def _blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _one_if_blank(value: object) -> object:
    return 1 if _blank_is_none(value) is None else value


def _word(value: object) -> object:
    return "" if value is None else str(value).strip()


Word = Annotated[str, BeforeValidator(_word)]
Maybe = Annotated[Positive | None, BeforeValidator(_blank_is_none)]
ZeroIfBlank = Annotated[NotNegative, BeforeValidator(lambda v: 0.0 if _blank_is_none(v) is None else v)]
Kind = Annotated[Literal["measured", "computed", "analytic", ""], BeforeValidator(_word)]


class ProfileRow(Entry):
    """What every profile row says: the shape of the instance and where the numbers come from."""

    gpu: Text = Field(description="the GPU type (h200-sxm)")
    gpus: Count = Field(description="the GPUs of one instance, a whole number")
    parallelism: Word = Field("", description="how the instance is split (tp8, dp8-ep8); tells shapes apart")
    dp: Annotated[Count, BeforeValidator(_one_if_blank)] = Field(
        1, description="attention data-parallel groups: queues of their own"
    )
    engine: Word = Field(
        "", description="sglang, vllm, …; prefill and decode of a request share it where both state it"
    )
    engine_version: Word = ""
    precision: Word = Field("", description="of weights and KV cache; prefill and decode share it where both state it")
    kind: Kind = ""
    source: Word = ""
    date: Word = ""
    licence: Word = ""
    note: Word = ""


class EncodeRow(ProfileRow):
    """Throughput of one busy instance of the vision encoder at one size of images."""

    image_tokens: Positive = Field(description="the tokens that an image becomes")
    images_per_s: Positive = Field(description="images per second of the instance kept busy")


class PrefillRow(ProfileRow):
    """Throughput of one busy prefill instance at one input length."""

    input_tokens: Positive = Field(description="the input tokens of a request")
    tokens_per_s: Positive = Field(description="input tokens per second of the instance kept busy")


class DecodeRow(ProfileRow):
    """TPOT of one decode instance at one batch."""

    input_tokens: Positive = Field(description="the input tokens of a request")
    output_tokens: Positive = Field(description="the output tokens of a request")
    batch: Positive = Field(description="requests in flight on the instance")
    tpot_ms: Maybe = Field(None, description="milliseconds per output token")
    step_ms: Maybe = Field(None, description="milliseconds per decoding step")
    tokens_per_step: Maybe = Field(None, description="tokens a step yields (speculative decoding): TPOT = step / these")
    kv_tokens: Maybe = Field(None, description="tokens of KV cache the instance holds")

    @classmethod
    def cross_faults(cls, raw: dict[str, Any]) -> Iterator[tuple[Path, str]]:
        """Ask for one way of stating the time per output token."""
        if sum(_blank_is_none(raw.get(key)) is not None for key in ("tpot_ms", "step_ms")) != 1:
            yield (), "needs tpot_ms, or step_ms with tokens_per_step; give one of the two"

    @property
    def tpot_s(self) -> float:
        """Seconds per output token; a step's time is shared by the tokens it yields."""
        if self.tpot_ms is not None:
            return self.tpot_ms / 1e3
        assert self.step_ms is not None
        return self.step_ms / 1e3 / (self.tokens_per_step or 1.0)


class MixedRow(ProfileRow):
    """Latencies of one ordinary (not disaggregated) instance at one rate."""

    input_tokens: Positive = Field(description="the input tokens of a request")
    output_tokens: Positive = Field(description="the output tokens of a request")
    cached_tokens: ZeroIfBlank = 0.0
    images: ZeroIfBlank = Field(0.0, description="the images of a request; their encoding is part of TTFT then")
    image_tokens: ZeroIfBlank = Field(0.0, description="the tokens of each image, part of input_tokens")
    requests_per_s: Positive = Field(description="requests per second the instance carried")
    ttft_mean_ms: Maybe = None
    ttft_p50_ms: Maybe = None
    ttft_p90_ms: Maybe = None
    ttft_p95_ms: Maybe = None
    ttft_p99_ms: Maybe = None
    tpot_mean_ms: Maybe = None
    tpot_p50_ms: Maybe = None
    tpot_p90_ms: Maybe = None
    tpot_p95_ms: Maybe = None
    tpot_p99_ms: Maybe = None

    @classmethod
    def cross_faults(cls, raw: dict[str, Any]) -> Iterator[tuple[Path, str]]:
        """Ask for at least one statistic of each metric."""
        stated = [str(key) for key, value in raw.items() if _blank_is_none(value) is not None]
        for metric in ("ttft", "tpot"):
            if not any(key.startswith(f"{metric}_") for key in stated):
                yield (), f"states no {metric.upper()}; add {metric}_mean_ms"


ROWS: dict[str, type[Any]] = {"encode": EncodeRow, "prefill": PrefillRow, "decode": DecodeRow, "mixed": MixedRow}
