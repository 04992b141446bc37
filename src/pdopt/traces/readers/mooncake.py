"""Mooncake JSON lines: ``timestamp`` in milliseconds, ``input_length``, ``output_length``, ``hash_ids``."""

from __future__ import annotations

from pdopt.traces.reader import Columns, Reader, number
from pdopt.traces.source import Source


def columns(source: Source) -> Columns:
    """Read times as milliseconds since the start of the trace."""
    return Columns(
        arrival_s=number(source.key("timestamp")) / 1e3,
        input_tokens=source.key("input_length"),
        output_tokens=source.key("output_length"),
        hash_ids=source.key("hash_ids") if source.has("hash_ids") else None,
    )


READER = Reader("Mooncake trace", (("timestamp",), ("input_length",), ("output_length",)), columns)
