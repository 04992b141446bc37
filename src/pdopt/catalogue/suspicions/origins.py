"""Rows that do not say where or when they were made."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.catalogue.library import Entry
from pdopt.catalogue.suspicions.worst import Odd, worst_of
from pdopt.fleet.faults import Fault

STATED = {"source": "names no source", "date": "bears no date", "kind": "does not say measured, computed or analytic"}


def poor_origins(entry: Entry) -> Iterator[Fault]:
    """Give one fault per table and column left blank."""
    for role, found in entry.rows.items():
        for column, sentence in STATED.items():
            blank = [Odd(item, 0, f"row {sentence}") for item in found if not getattr(item.row, column)]
            yield from worst_of(role, blank)
