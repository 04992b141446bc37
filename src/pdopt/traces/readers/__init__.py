"""One trace format per file; a file with a ``READER`` in this folder is found by itself."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from pdopt.traces.reader import Reader


def all_readers() -> list[Reader]:
    """Give every reader in this folder, the most demanding first."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    return sorted((module.READER for module in modules), key=lambda reader: (-len(reader.needs), reader.name))
