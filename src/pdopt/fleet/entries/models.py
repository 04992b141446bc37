"""LLMs as they are written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field, StrictBool

from pdopt.fleet.faults import Path
from pdopt.fleet.fields import Entry, NotNegative, Positive, Text
from pdopt.fleet.rows import ROWS


class ModelEntry(Entry):
    """An LLM: from the catalogue, from a folder of profiles, or with its profile rows in place."""

    encode: list[object] | None = Field(None, description="a list of encode rows, for images (docs/epd.md)")
    prefill: list[object] | None = Field(None, description="a list of prefill rows")
    decode: list[object] | None = Field(None, description="a list of decode rows")
    mixed: list[object] | None = Field(None, description="a list of rows of ordinary (not disaggregated) instances")
    profiles: Text | None = Field(None, description="a folder with prefill.csv and decode.csv, relative to this file")
    engine: Text | None = Field(None, description="the one engine whose profiles may be used (sglang, vllm, trtllm)")
    kv_bytes_per_token: Positive | None = Field(None, description="bytes of KV cache per token")
    embedding_bytes_per_token: Positive | None = Field(
        None, description="bytes that encode hands over per image token; left out, that takes no time"
    )
    start_usd: NotNegative = Field(0.0, description="dollars that starting one of its instances costs")
    analytic: StrictBool = Field(
        False, description="true to estimate profiles on GPUs that have none (docs/analytic.md)"
    )

    @classmethod
    def cross_faults(cls, raw: dict[str, Any]) -> Iterator[tuple[Path, str]]:
        """Refuse a folder of profiles beside rows in place."""
        if raw.get("profiles") is not None and any(raw.get(role) is not None for role in ROWS):
            yield ("profiles",), "stands beside rows in place; keep one of the two"

    @property
    def inline(self) -> bool:
        """Whether any profile row stands in the fleet file itself."""
        return any(getattr(self, role) is not None for role in ROWS)
