"""Rows of a user's own measurements: one load point of a deployment each, for ``pdopt calibrate``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from pdopt.fleet.faults import Path
from pdopt.fleet.fields import Count, Entry, Positive, Text
from pdopt.fleet.rows import Maybe, Word, ZeroIfBlank, _blank_is_none

MaybeCount = Annotated[Count | None, BeforeValidator(_blank_is_none)]
TTFT = ("ttft_mean_ms", "ttft_p50_ms", "ttft_p90_ms", "ttft_p95_ms", "ttft_p99_ms")
LOADS = ("requests_per_second", "tokens_per_minute", "concurrency")


class LoadPointRow(Entry):
    """Latencies of one deployment at one load."""

    model: Text = Field(description="the LLM, as the fleet or the catalogue names it")
    setup: Word = Field("", description="what else tells deployments apart (chunk 4k); each setup is fitted by itself")
    gpu: Text = Field(description="the GPU type (h200-sxm), of prefill instances where the two differ")
    gpus: Count = Field(description="the GPUs of one instance, a whole number")
    parallelism: Word = Field("", description="how the instance is split, as its profile says; any if left out")
    dp: MaybeCount = Field(None, description="attention data-parallel groups, where no profile says so")
    engine: Word = ""
    precision: Word = ""
    decode_gpu: Word = Field("", description="the GPU type of decode instances; gpu if left out")
    decode_gpus: MaybeCount = Field(None, description="the GPUs of one decode instance; gpus if left out")
    decode_parallelism: Word = Field("", description="how a decode instance is split; any if left out")
    prefill_instances: MaybeCount = Field(None, description="the prefill instances that share the load")
    decode_instances: MaybeCount = Field(None, description="the decode instances that share the load")
    tokens_per_s: Maybe = Field(
        None, description="input tokens per second of one prefill instance kept busy, instead of a profile"
    )
    input_tokens: Positive = Field(description="the mean input tokens of a request")
    output_tokens: Maybe = Field(None, description="the mean output tokens of a request")
    cached_tokens: ZeroIfBlank = 0.0
    requests_per_second: Maybe = Field(None, description="requests per second that the deployment answered")
    tokens_per_minute: Maybe = Field(None, description="the same as input and output tokens per minute")
    concurrency: Maybe = Field(None, description="requests kept in flight, if that was fixed and not the rate")
    ttft_mean_ms: Maybe = None
    ttft_p50_ms: Maybe = None
    ttft_p90_ms: Maybe = None
    ttft_p95_ms: Maybe = None
    ttft_p99_ms: Maybe = None
    tpot_mean_ms: Maybe = None
    source: Word = ""
    note: Word = ""

    @classmethod
    def cross_faults(cls, raw: dict[str, Any]) -> Iterator[tuple[Path, str]]:
        """Ask for a load, a latency, and what these need to mean something."""
        given = {key: value for key, value in raw.items() if _blank_is_none(value) is not None}
        if not given.keys() & {*LOADS}:
            yield (), "states no load; give requests_per_second, tokens_per_minute or concurrency"
        if {"requests_per_second", "tokens_per_minute"} <= given.keys():
            yield (), "states requests_per_second and tokens_per_minute; keep one"
        if not given.keys() & {*TTFT, "tpot_mean_ms"}:
            yield (), "states no latency; give ttft_mean_ms, tpot_mean_ms or both"
        if given.keys() & {"tpot_mean_ms", "tokens_per_minute"} and "output_tokens" not in given:
            yield ("output_tokens",), "is needed with tpot_mean_ms and with tokens_per_minute; give the mean"
        yield from _instances(given)
        yield from _in_flight(given)
        lengths = [given.get(key) for key in ("cached_tokens", "input_tokens")]
        if all(isinstance(length, float | int) for length in lengths) and lengths[0] >= lengths[1]:  # type: ignore[operator]
            yield (
                ("cached_tokens",),
                f"{lengths[0]:g} is not below input_tokens, {lengths[1]:g}; some is computed",
            )


def _instances(given: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    if "tpot_mean_ms" in given and given.keys() & {*TTFT}:
        for key in ("prefill_instances", "decode_instances"):
            if key not in given:
                yield (
                    (key,),
                    "is needed where TTFT and TPOT are stated; an ordinary server, that does both, is planned from "
                    "its measurements themselves: pdopt profile import --role mixed",
                )


def _in_flight(given: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """With a fixed number in flight the rate is measured, or follows from both mean latencies (Little's law)."""
    if "concurrency" in given and not given.keys() & {"requests_per_second", "tokens_per_minute"}:
        lacking = [key for key in ("ttft_mean_ms", "tpot_mean_ms") if key not in given]
        if lacking:
            yield (
                ("concurrency",),
                f"gives the rate only with both mean latencies; add {' and '.join(lacking)}, or the measured "
                "requests_per_second",
            )
