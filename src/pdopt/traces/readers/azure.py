"""Azure LLM inference traces of 2023 and 2024: ``TIMESTAMP,ContextTokens,GeneratedTokens``, times as dates."""

from __future__ import annotations

from pdopt.traces.reader import Columns, Reader, date_s
from pdopt.traces.source import Source


def columns(source: Source) -> Columns:
    """Read dates with up to nine decimals, with a time zone (2024) or without (2023)."""
    return Columns(date_s(source.key("timestamp")), source.key("contexttokens"), source.key("generatedtokens"))


READER = Reader("Azure LLM inference trace", (("timestamp",), ("contexttokens",), ("generatedtokens",)), columns)
