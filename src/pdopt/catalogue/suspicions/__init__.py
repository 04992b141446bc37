"""What is odd about profiles that are well-formed: one family of suspicions per file, listed in ``suspicions``."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.catalogue.library import Entry
from pdopt.catalogue.suspicions.curves import broken_curves
from pdopt.catalogue.suspicions.limits import beyond_limits
from pdopt.catalogue.suspicions.origins import poor_origins
from pdopt.catalogue.suspicions.pairs import lonely_shapes
from pdopt.fleet.faults import Fault
from pdopt.fleet.gpus import Gpu


def suspicions(entry: Entry, gpus: dict[str, Gpu]) -> Iterator[Fault]:
    """Give everything that is odd about one LLM's profiles, each with the line of its worst row."""
    yield from broken_curves(entry)
    yield from beyond_limits(entry, gpus)
    yield from poor_origins(entry)
    yield from lonely_shapes(entry)
