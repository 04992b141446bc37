"""Import results: find, read, judge, merge. Nothing is written here; the answer holds the texts to write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from statistics import median_low

from pdopt.catalogue.measured.finding import Found, find
from pdopt.catalogue.measured.gpus import catalogue_name
from pdopt.catalogue.measured.measurement import Facts, Measurement, Unreadable
from pdopt.catalogue.measured.merge import Merged, merge
from pdopt.catalogue.measured.parsing import beside
from pdopt.catalogue.measured.rows import Point, Refused, point_of, role_of

REQUIRED = {"gpu": "--gpu", "gpus": "--gpus"}


@dataclass(frozen=True)
class Wishes:
    """What the user says of the runs: facts that files lack, the role, how much lengths may vary, who wins."""

    facts: Facts = field(default_factory=Facts)
    role: str = "auto"
    max_spread: float = 0.25
    replace: bool = False


@dataclass
class Imported:
    """What one file gave."""

    path: Path
    measurements: list[Measurement] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    tool: str = ""


@dataclass(frozen=True)
class Outcome:
    """What an import came to; `missing` gives, for options that are needed, the files that do not say it."""

    files: list[Imported]
    merged: list[Merged]
    missing: dict[str, list[str]]
    models: list[str]

    @property
    def usable(self) -> bool:
        """Whether there was any point."""
        return any(file.points for file in self.files)


def import_results(paths: Iterable[Path], folder: Path, wishes: Wishes) -> Outcome:
    """Turn results into changed tables of a folder.

    Raises
    ------
    FleetFaults
        A table that the folder holds is faulty.
    """
    files = [_read(found) for found in find(paths)]
    models = sorted({_bare(m.model) for file in files for m in file.measurements if m.model})
    missing = _missing(files, wishes)
    if missing or len(models) > 1:
        return Outcome(files, [], missing, models)
    for file in files:
        _judge(file, wishes)
    points = [point for file in files for point in file.points]
    roles = [role for role in ("prefill", "decode", "mixed") if any(point.role == role for point in points)]
    merged = [merge(folder, role, _chosen(points, role), wishes.replace) for role in roles]
    return Outcome(files, merged, missing, models)


def facts_of(m: Measurement, wishes: Wishes) -> Facts:
    """Give what is known of the instance: what the user says, else the file, its GPU by the catalogue's name.

    Rows given as they stand may be of several instances: there the file comes first.
    """
    if m.phase == "given":
        return m.facts.over(wishes.facts)
    return wishes.facts.over(replace(m.facts, gpu=catalogue_name(m.facts.gpu)))


def _read(found: Found) -> Imported:
    file = Imported(found.path)
    if found.importer is None:
        file.refusals.append(found.reason)
        return file
    file.tool = found.importer.NAME
    try:
        file.measurements = found.importer.read(found.path)
    except Unreadable as error:
        file.refusals.append(str(error))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        file.refusals.append(f"is not laid out as {file.tool} writes it ({type(error).__name__}: {error})")
    return file


def _missing(files: list[Imported], wishes: Wishes) -> dict[str, list[str]]:
    missing: dict[str, list[str]] = {}
    for file in files:
        for name, option in REQUIRED.items():
            if any(not getattr(facts_of(m, wishes), name) for m in file.measurements):
                missing.setdefault(option, []).append(str(file.path))
    return missing


def _judge(file: Imported, wishes: Wishes) -> None:
    file.notes += dict.fromkeys(note for m in file.measurements for note in (*m.notes, *_overruled(m, wishes)))
    for m in file.measurements:
        try:
            role = role_of(m, wishes.role)
            file.points.append(point_of(m, role, facts_of(m, wishes), wishes.max_spread))
        except Refused as error:
            own = m.source in (file.path.name, beside(file.path))
            run = m.load if own else f"{m.source}, {m.load}"
            file.refusals.append(f"{run}: {error}" if len(file.measurements) > 1 else str(error))


def _overruled(m: Measurement, wishes: Wishes) -> Iterator[str]:
    """Say where an option overrules what the file states."""
    stated = replace(m.facts, gpu=catalogue_name(m.facts.gpu))
    for item in fields(Facts):
        said, wished = getattr(stated, item.name), getattr(wishes.facts, item.name)
        if m.phase != "given" and said and wished and said != wished:
            yield f"says {item.name} {said}; {wished} was taken, as asked"


def _chosen(points: list[Point], role: str) -> list[Point]:
    """Of several prefill runs at one length keep one: at the heaviest load, the middle one of its repetitions."""
    found = [point for point in points if point.role == role]
    if role != "prefill":
        return found
    groups: dict[tuple[str, ...], list[Point]] = {}
    names = ("gpu", "gpus", "parallelism", "dp", "engine", "precision", "input_tokens")
    for point in found:
        groups.setdefault(tuple(point.row.get(name, "") for name in names), []).append(point)
    return [_busiest(group) for group in groups.values()]


def _busiest(group: list[Point]) -> Point:
    heaviest = [point for point in group if point.load == max(other.load for other in group)]
    middle = median_low(float(point.row["tokens_per_s"]) for point in heaviest)
    return next(point for point in heaviest if float(point.row["tokens_per_s"]) == middle)


def _bare(model: str) -> str:
    """Give a model's name without its path or owner."""
    return model.rstrip("/").rpartition("/")[2].lower()
