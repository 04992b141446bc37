"""Sections of a fleet file → validated entries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pdopt.fleet.entries import ModelEntry
from pdopt.fleet.faults import Complaints
from pdopt.fleet.fields import validate


def entries_of(kind: type[Any], raw: dict[str, Any], key: str, complaints: Complaints) -> Iterable[tuple[str, Any]]:
    """Give the names and entries of a section that must have some; those with faults are noted and left out."""
    section = raw.get(key)
    if not isinstance(section, dict) or not section:
        state = "is missing" if key not in raw else "must name at least one entry"
        if section and not isinstance(section, dict):
            state = "must be a mapping of names"
        complaints.add((key,), f"{state}; add {key}: with a name and its keys ({', '.join(kind.model_fields)})")
        return
    for name, value in section.items():
        entry = validate(kind, {} if value is None and kind is ModelEntry else value, (key, name), complaints)
        if entry is not None:
            yield name, entry


def section_of(kind: type[Any], raw: dict[str, Any], key: str, complaints: Complaints) -> Any:
    """Give the entry of a section that may be left out; its defaults where it is, or has faults."""
    value = raw.get(key)
    entry = None if value is None else validate(kind, value, (key,), complaints)
    return kind() if entry is None else entry
