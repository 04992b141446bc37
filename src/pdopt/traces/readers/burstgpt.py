"""BurstGPT: ``Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type``; failures answer 0 tokens."""

from __future__ import annotations

from pdopt.traces.reader import Columns, Reader, number
from pdopt.traces.source import Source


def columns(source: Source) -> Columns:
    """Read times as seconds since midnight of the first day."""
    return Columns(number(source.key("timestamp")), source.key("request_tokens"), source.key("response_tokens"))


READER = Reader("BurstGPT", (("timestamp",), ("model",), ("request_tokens",), ("response_tokens",)), columns)
