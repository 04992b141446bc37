"""Qwen-Bailian JSON lines: Mooncake's keys and ``chat_id``, but ``timestamp`` in seconds."""

from __future__ import annotations

from pdopt.traces.reader import Columns, Reader, number
from pdopt.traces.source import Source


def columns(source: Source) -> Columns:
    """Read times as seconds since the start of the trace."""
    return Columns(
        arrival_s=number(source.key("timestamp")),
        input_tokens=source.key("input_length"),
        output_tokens=source.key("output_length"),
        hash_ids=source.key("hash_ids") if source.has("hash_ids") else None,
    )


READER = Reader("Qwen-Bailian trace", (("chat_id",), ("timestamp",), ("input_length",), ("output_length",)), columns)
