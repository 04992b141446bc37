"""SGLang's request metrics (``--export-metrics-to-file``): the meta information of one finished request per line."""

from __future__ import annotations

from pdopt.traces.reader import Columns, Reader, number
from pdopt.traces.source import Source


def columns(source: Source) -> Columns:
    """Read the arrival as the time at which the server received the request."""
    return Columns(
        arrival_s=number(source.key("request_received_ts")),
        input_tokens=source.key("prompt_tokens"),
        output_tokens=source.key("completion_tokens"),
        cached_tokens=source.key("cached_tokens"),
    )


READER = Reader(
    "SGLang request metrics", (("request_received_ts",), ("prompt_tokens",), ("completion_tokens",)), columns
)
