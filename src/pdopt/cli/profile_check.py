"""``pdopt profile check``: faults and oddities of profile tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pdopt.cli.common import BAD_INPUT, Models, catalogue_or_exit, refuse, say

if TYPE_CHECKING:
    from pdopt.catalogue.folder import CatalogueFolder

Names = Annotated[
    list[str] | None, typer.Argument(help="LLMs of the catalogue, or folders of profiles; all LLMs without any.")
]


def check(names: Names = None, models: Models = None) -> None:
    """Check profile tables for faults and oddities.

    Warns of numbers that can hardly be true.

    Exit codes: 0 no fault (warnings or not), 2 faults.
    """
    from pdopt.catalogue.library import Entry
    from pdopt.catalogue.suspicions import suspicions
    from pdopt.fleet.faults import FleetFaults
    from pdopt.fleet.gpus import read_gpus

    catalogue = catalogue_or_exit(models)
    gpus = read_gpus(catalogue.files("gpus.csv"))
    rows = faults = warnings = 0
    folders = _folders(names, catalogue)
    for folder in folders.values():
        _refuse_empty(folder)
    for name, folder in folders.items():
        try:
            entry = Entry.read(name, folder, catalogue.card_of(name))
        except FleetFaults as error:
            for fault in error.faults:
                say(str(fault))
            faults += len(error.faults)
            continue
        rows += sum(map(len, entry.rows.values()))
        for odd in suspicions(entry, gpus):
            typer.echo(f"{odd.file}:{odd.line}: warning: {odd.path}: {odd.sentence}")
            warnings += 1
    typer.echo(
        f"{_count(len(folders), 'LLM')}, {rows:,} rows: {_count(faults, 'fault')}, {_count(warnings, 'warning')}"
    )
    if faults:
        raise typer.Exit(BAD_INPUT)


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun if number == 1 else noun + 's'}"


def _refuse_empty(folder: Path) -> None:
    from pdopt.fleet.rows import ROWS

    files = ["card.yaml", *(f"{role}.csv" for role in ROWS)]
    if not any((folder / name).exists() for name in files):
        raise refuse(f"{folder}: holds no profiles; name a folder with {', '.join(files[:-1])} or {files[-1]}")


def _folders(names: list[str] | None, catalogue: CatalogueFolder) -> dict[str, Path]:
    from pdopt.fleet.faults import did_you_mean

    found: dict[str, Path] = {}
    for name in names or catalogue.names():
        folder = Path(name) if Path(name).is_dir() else catalogue.folder_of(name)
        if folder is None:
            raise refuse(f"{name}: is neither a folder nor in the catalogue; {did_you_mean(name, catalogue.names())}")
        found[name] = folder
    return found
