"""Merge rows into a folder of profiles, and say what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import typer

from pdopt.cli.common import refuse, say

SHOWN = 4


def merge_or_exit(folder: Path, rows: Mapping[str, Sequence[Mapping[str, object]]]) -> None:
    """Merge rows by role; write nothing and end with exit code 2 when any contradicts what is there."""
    from pdopt.catalogue.writing import merge
    from pdopt.fleet.faults import FleetFaults

    try:
        merges = [merge(folder, role, table) for role, table in rows.items()]
    except FleetFaults as error:
        raise refuse(str(error)) from None
    contradicted = [words for one in merges for words in one.conflicting]
    if contradicted:
        for words in contradicted[:SHOWN]:
            say(words)
        raise refuse(
            f"{folder}: has other results for {len(contradicted)} of these points; nothing was written. "
            "Name another folder, or remove those rows"
        )
    try:
        for one in merges:
            one.write()
    except OSError as error:
        raise refuse(f"{folder}: cannot be written to ({error.strerror})") from None
    for one in merges:
        typer.echo(f"{one.file}: {one.added} rows added, {one.unchanged} there already")
