"""Which files hold results: the ones named, and those found in folders named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pdopt.catalogue.importers import Importer, importer_of
from pdopt.catalogue.measured.measurement import Unreadable


@dataclass(frozen=True)
class Found:
    """A file or folder and its importer, or why there is none."""

    path: Path
    importer: Importer | None = None
    reason: str = ""


def find(paths: Iterable[Path]) -> list[Found]:
    """Find results; of a CSV and a JSON of one name, which hold the same runs, the JSON, which holds more."""
    found = {item.path: item for path in paths for item in _search(path, named=True)}
    return [item for item in found.values() if item.path.suffix != ".csv" or not _twin(item.path, found)]


def _twin(path: Path, found: dict[Path, Found]) -> bool:
    twin = found.get(path.with_suffix(".json"))
    return twin is not None and twin.importer is not None


def _search(path: Path, named: bool) -> Iterator[Found]:
    if not path.exists():
        yield Found(path, reason="there is no such file")
        return
    try:
        importer = importer_of(path)
    except (Unreadable, OSError) as error:
        yield Found(path, reason=str(error))
        return
    if importer is not None:
        yield Found(path, importer)
    elif path.is_dir():
        inside = [item for child in sorted(path.iterdir()) if child.name[0] != "." for item in _search(child, False)]
        yield from inside
        if named and not inside:
            yield Found(path, reason="holds no results of a tool known here")
    elif named:
        yield Found(path, reason="is not a result of a tool known here; docs/profiling.md lists them")
