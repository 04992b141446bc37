"""Quotas as they are written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import Field

from pdopt.fleet.entries.sites import SomeNames
from pdopt.fleet.faults import Path
from pdopt.fleet.fields import CountOrZero, Entry, Text


class QuotaEntry(Entry):
    """GPUs that some SKUs may hold, or that the instances of some LLMs may use on them, at most and at any time."""

    ESSENTIAL: ClassVar[tuple[str, ...]] = ("gpus or nodes",)

    models: SomeNames | None = Field(
        None, description="the LLMs whose instances are counted; left out, all nodes that are held"
    )
    skus: SomeNames | None = Field(None, description="the SKUs they are counted on; left out, all")
    gpu: Text | None = Field(None, description="only SKUs with this GPU type")
    site: Text | None = Field(None, description="only SKUs at this site, one of sites")
    gpus: CountOrZero | None = Field(None, description="how many GPUs at most, a whole number")
    nodes: CountOrZero | None = Field(None, description="or how many nodes at most; instances count as parts of a node")

    @classmethod
    def cross_faults(cls, raw: dict[str, Any]) -> Iterator[tuple[Path, str]]:
        """Ask for one way of stating how many."""
        stated = [key for key in ("gpus", "nodes") if raw.get(key) is not None]
        if len(stated) != 1:
            yield tuple(stated[:1]), "needs exactly one of gpus and nodes; keep one"
