"""What commands share: options, reading a fleet, notes, safe output."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pdopt.catalogue.folder import CatalogueFolder
    from pdopt.fleet.faults import FleetFaults
    from pdopt.fleet.fleet import Fleet
    from pdopt.plan.plan import Plan

BAD_INPUT, INFEASIBLE, OUT_OF_TIME = 2, 3, 4
SHOWN_NOTES = 6

FleetFile = Annotated[Path, typer.Argument(help="The fleet file (YAML).", show_default=False)]
Models = Annotated[Path | None, typer.Option("--models", help="A catalogue of your own, searched first.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No notes and no progress on standard error.")]


def say(sentence: str, quiet: bool = False) -> None:
    """Say something on standard error."""
    if not quiet:
        typer.echo(sentence, err=True)


def refuse(sentence: str) -> typer.Exit:
    """Say what is wrong with the input; raise the result to end with its exit code."""
    say(sentence)
    return typer.Exit(BAD_INPUT)


def fleet_or_exit(file: Path, models: Path | None) -> Fleet:
    """Read a fleet; print every fault and end with exit code 2 when there is one."""
    from pdopt import read_fleet
    from pdopt.fleet.faults import FleetFaults

    try:
        return read_fleet(file, models)
    except FleetFaults as error:
        raise told(error, file) from None
    except NotADirectoryError as error:
        raise refuse(f"--models {error}") from None


def plan_or_exit(file: Path) -> Plan:
    """Read a plan; print every fault and end with exit code 2 when there is one."""
    from pdopt import read_plan
    from pdopt.fleet.faults import FleetFaults

    try:
        return read_plan(file)
    except FleetFaults as error:
        raise told(error, file) from None


def told(error: FleetFaults, file: Path) -> typer.Exit:
    """Say every fault; raise the result to end with exit code 2."""
    for fault in error.faults:
        say(str(fault))
    count = len(error.faults)
    return refuse(f"{count} {'fault' if count == 1 else 'faults'} in {file}")


def catalogue_or_exit(models: Path | None) -> CatalogueFolder:
    """Find the catalogue; end with exit code 2 when the user's own is no folder."""
    from pdopt.catalogue.folder import CatalogueFolder

    try:
        return CatalogueFolder.find(models)
    except NotADirectoryError as error:
        raise refuse(f"--models {error}") from None


def print_notes(notes: Iterable[str], quiet: bool) -> None:
    """Print the first notes on standard error, and how many more the JSON holds."""
    every = list(notes)
    for note in every[:SHOWN_NOTES]:
        say(f"note: {note}", quiet)
    if len(every) > SHOWN_NOTES:
        say(f"note: {len(every) - SHOWN_NOTES} more notes with --json", quiet)


def check_output(file: Path | None) -> None:
    """Refuse an output that cannot be written, or that would overwrite something pdopt did not make."""
    if file is None or (file.exists() and not file.is_file() and not file.is_dir()):  # such as /dev/null
        return
    if not file.parent.is_dir():
        raise refuse(f"{file}: there is no folder {file.parent}; make it first")
    if file.is_dir() or (file.exists() and not _is_ours(file)):
        raise refuse(f"{file}: exists and is not a plan that pdopt wrote; name another file or remove it")
    if not os.access(file.parent, os.W_OK):
        raise refuse(f"{file}: the folder {file.parent} cannot be written to")


def _is_ours(file: Path) -> bool:
    try:
        text = file.read_text(encoding="utf-8")
        content = json.loads(text) if text.strip() else {"pdopt_version": None}  # an empty file holds nothing to lose
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and "pdopt_version" in content
