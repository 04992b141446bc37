"""SGLang's request log (``--log-requests --log-requests-format json``): one event per line."""

from __future__ import annotations

import polars as pl

from pdopt.traces.reader import Columns, Reader, date_s, number
from pdopt.traces.source import Source

META = "out.meta_info"


def columns(source: Source) -> Columns:
    """Read the finished requests; they arrived when received, or their latency before they were logged."""
    event = source.key("event")
    received = number(source.key(f"{META}.request_received_ts"))
    finished_less_latency = date_s(source.key("timestamp")) - number(source.key(f"{META}.e2e_latency"))
    return Columns(
        arrival_s=pl.coalesce(received, finished_less_latency),
        input_tokens=source.key(f"{META}.prompt_tokens"),
        output_tokens=source.key(f"{META}.completion_tokens"),
        cached_tokens=source.key(f"{META}.cached_tokens"),
        is_request=event.is_null() | (event == "request.finished"),
    )


READER = Reader("SGLang request log", (("event",), ("rid",), ("timestamp",)), columns)
