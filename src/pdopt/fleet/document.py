"""A fleet file as it is written: plain values, the line of each key, and copies with values set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any

from pdopt.fleet.faults import Complaints, Path
from pdopt.fleet.located import read_yaml


@dataclass(frozen=True)
class Document:
    """A fleet file as written.

    Attributes
    ----------
    raw : object
        What the file holds: plain dicts, lists and scalars; never changed.
    complaints : Complaints
        Its lines, and the faults of its form (keys given twice).
    """

    file: FilePath
    raw: Any
    complaints: Complaints

    @classmethod
    def read(cls, file: str | FilePath) -> Document:
        """Read a file.

        Raises
        ------
        FleetFaults
            It cannot be read or is not YAML.
        """
        path = FilePath(file)
        return cls(path, *read_yaml(path))

    def fresh_complaints(self) -> Complaints:
        """Give complaints that start with the faults of the form alone."""
        return replace(self.complaints, faults=list(self.complaints.faults))

    def with_values(self, values: Mapping[Path, Any]) -> Document:
        """Give the document with some values set; mappings on the way to a key are made where there are none."""
        raw = self.raw
        for path, value in values.items():
            raw = _with_value(raw, path, value)
        return replace(self, raw=raw)


def _with_value(node: Any, path: Path, value: Any) -> Any:
    """Copy what lies on the path alone; everything beside it is shared."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(node, list) and isinstance(step, int):
        return [_with_value(item, rest, value) if i == step else item for i, item in enumerate(node)]
    before = node if isinstance(node, dict) else {}
    return {**before, step: _with_value(before.get(step), rest, value)}


def value_at(raw: Any, path: Path) -> Any:
    """Give what stands at a path, None where nothing does."""
    for step in path:
        if isinstance(raw, dict):
            raw = raw.get(step)
        elif isinstance(raw, list) and isinstance(step, int) and step < len(raw):
            raw = raw[step]
        else:
            return None
    return raw
