"""Importers of foreign benchmark results: one tool per file, found by scanning this folder.

An importer is a module with ``NAME``, ``detects(path, head)`` (head: the first characters, "" of a folder or a binary
file) and ``read(path)``, which gives measurements or raises `Unreadable`. Exactly one detects a file.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path
from typing import Protocol, cast

from pdopt.catalogue.measured.measurement import Measurement, Unreadable

HEAD_CHARS = 65536


class Importer(Protocol):
    """What a module of this folder offers."""

    NAME: str

    def detects(self, path: Path, head: str) -> bool:
        """Whether this is a result of the tool."""

    def read(self, path: Path) -> list[Measurement]:
        """Give the runs of a result."""


@cache
def importers() -> tuple[Importer, ...]:
    """Give all importers, in the order of their names."""
    names = sorted(found.name for found in pkgutil.iter_modules(__path__))
    return tuple(cast(Importer, importlib.import_module(f"{__name__}.{name}")) for name in names)


def importer_of(path: Path) -> Importer | None:
    """Give the importer that detects a file or folder, or None.

    Raises
    ------
    Unreadable
        Several do.
    """
    head = _head(path)
    found = [importer for importer in importers() if importer.detects(path, head)]
    if len(found) > 1:
        raise Unreadable(f"looks like results of {' and of '.join(importer.NAME for importer in found)}")
    return found[0] if found else None


def _head(path: Path) -> str:
    if path.is_dir():
        return ""
    with path.open("rb") as stream:
        start = stream.read(HEAD_CHARS)
    return "" if b"\0" in start else start.decode("utf-8-sig", errors="replace")
