"""Merge rows into a folder of profiles, and say what became of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import typer

from pdopt.cli.common import refuse, say

SHOWN = 4


Rows = Mapping[str, Sequence[Mapping[str, object]]]


def merge_or_exit(folder: Path, rows: Rows) -> None:
    """Merge rows by role; write nothing and end with exit code 2 when any contradicts what is there."""
    merge_all_or_exit(folder, {folder: rows})


def merge_all_or_exit(to: Path, tables: Mapping[Path, Rows], tell: Callable[[str], None] = typer.echo) -> None:
    """Merge rows by role into folders within one, all or none of them."""
    from pdopt.catalogue.writing import merge
    from pdopt.fleet.faults import FleetFaults

    try:
        merges = [merge(folder, role, table) for folder, rows in tables.items() for role, table in rows.items()]
    except FleetFaults as error:
        raise refuse(str(error)) from None
    contradicted = [words for one in merges for words in one.conflicting]
    if contradicted:
        for words in contradicted[:SHOWN]:
            say(words)
        raise refuse(
            f"{to}: has other results for {len(contradicted)} of these points; nothing was written. "
            "Name another folder, or remove those rows"
        )
    try:
        for one in merges:
            one.write()
    except OSError as error:
        raise refuse(f"{to}: cannot be written to ({error.strerror})") from None
    for one in merges:
        tell(f"{one.file}: {one.added} rows added, {one.unchanged} there already")
