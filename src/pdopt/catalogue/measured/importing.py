"""Import results: find, read, judge, merge. Nothing is written here; the answer holds the texts to write."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from pdopt.catalogue.measured.finding import Found, find
from pdopt.catalogue.measured.gpus import catalogue_name
from pdopt.catalogue.measured.measurement import Facts, Measurement, Unreadable
from pdopt.catalogue.measured.merge import Merged, merge
from pdopt.catalogue.measured.parsing import beside
from pdopt.catalogue.measured.rows import Point, Refused, generates, point_of, role_of
from pdopt.catalogue.measured.sweeps import past_peak

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
    _drop_past_peak(files)
    points = [point for file in files for point in file.points]
    roles = [role for role in ("prefill", "decode", "mixed") if any(point.role == role for point in points)]
    merged = [merge(folder, role, [p for p in points if p.role == role], wishes.replace) for role in roles]
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
    except (OSError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, csv.Error) as error:
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
            if role == "prefill" and m.phase == "served" and generates(m):
                file.notes.append(f"{m.load}: prefill from its TTFT; its outputs of {m.osl:.4g} tokens were left out")
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


def _drop_past_peak(files: list[Imported]) -> None:
    points = [point for file in files for point in file.points]
    for file in files:
        reasons = [(point, past_peak(point, points)) for point in file.points]
        file.points = [point for point, reason in reasons if reason is None]
        file.refusals += [f"{point.measurement.source}: {reason}" for point, reason in reasons if reason]


def _bare(model: str) -> str:
    """Give a model's name without its path or owner."""
    return model.rstrip("/").rpartition("/")[2].lower()
