"""vLLM: completions of its OpenAI server kept one per line, or its request outputs and statistics as JSON."""

from __future__ import annotations

from pdopt.traces.reader import Columns, Reader, seconds
from pdopt.traces.source import Source

ARRIVAL = ("arrival_time", "metrics.arrival_time", "arrival_s", "timestamp", "created")
INPUT = ("usage.prompt_tokens", "num_prompt_tokens")
OUTPUT = ("usage.completion_tokens", "num_generation_tokens", "num_output_tokens")
CACHED = ("usage.prompt_tokens_details.cached_tokens", "num_cached_tokens")


def columns(source: Source) -> Columns:
    """Read usage and arrival; ``created`` has whole seconds only."""
    return Columns(
        arrival_s=seconds(source.key(*ARRIVAL)),
        input_tokens=source.key(*INPUT),
        output_tokens=source.key(*OUTPUT),
        cached_tokens=source.key(*CACHED) if source.has(*CACHED) else None,
    )


READER = Reader("vLLM (OpenAI) request log", (ARRIVAL, INPUT, OUTPUT), columns)
