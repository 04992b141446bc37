"""Networks as they are written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from pdopt.fleet.faults import Path
from pdopt.fleet.fields import Entry, NotNegative, Positive, Text


class LinkEntry(Entry):
    """The network between two SKUs, as one sending instance sees it; image embeddings take it as KV cache does."""

    prefill: Text = Field(description="the SKU that prefills (or encodes) and sends, one of skus")
    decode: Text = Field(description="the SKU that decodes (or prefills) and receives, one of skus")
    gb_per_s: Positive = Field(description="the bandwidth of the link in gigabytes per second")


def _as_list(value: object) -> object:
    return [] if value is None else value


class TransferEntry(Entry):
    """What TTFT spends outside queue and compute."""

    overhead_ms: NotNegative = Field(0.0, description="milliseconds of network and KV transfer per request")
    links: Annotated[list[LinkEntry], BeforeValidator(_as_list)] = Field(
        default_factory=list, description="a list of {prefill, decode, gb_per_s}"
    )

    @classmethod
    def cross_faults(cls, raw: dict[str, Any]) -> Iterator[tuple[Path, str]]:
        """Refuse a pair of SKUs linked twice."""
        pairs = [(link.get("prefill"), link.get("decode")) for link in _links(raw)]
        for i, pair in enumerate(pairs):
            if pair in pairs[:i]:
                yield ("links", i), f"links {pair[0]} to {pair[1]} again; keep one of the two"


def _links(raw: dict[str, Any]) -> list[dict[str, Any]]:
    links = raw.get("links")
    return [link if isinstance(link, dict) else {} for link in links] if isinstance(links, list) else []
