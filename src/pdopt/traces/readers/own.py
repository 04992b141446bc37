"""pdopt's own columns, in CSV, JSON lines or Parquet: ``arrival_s, input_tokens, output_tokens`` and what is known."""

from __future__ import annotations

from pdopt.traces.reader import Columns, Reader, number, seconds
from pdopt.traces.source import Source

ARRIVAL = ("arrival_s", "arrival_time", "timestamp")
INPUT = ("input_tokens", "prompt_tokens")
OUTPUT = ("output_tokens", "completion_tokens")
CACHED = ("cached_tokens", "prefix_hit_tokens", "prefix_hit_tokens_inf_cache")


def columns(source: Source) -> Columns:
    """Read the columns by their names; a time is a number of seconds or a date."""
    in_ms = source.has("arrival_ms")
    return Columns(
        arrival_s=number(source.key("arrival_ms")) / 1e3 if in_ms else seconds(source.key(*ARRIVAL)),
        input_tokens=source.key(*INPUT),
        output_tokens=source.key(*OUTPUT),
        cached_tokens=source.key(*CACHED) if source.has(*CACHED) else None,
        hash_ids=source.key("hash_ids") if source.has("hash_ids") else None,
    )


READER = Reader("own columns", (("arrival_ms", *ARRIVAL), INPUT, OUTPUT), columns)
