"""Merge profile rows into a folder: nothing twice, nothing lost, the file whole or as it was."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pdopt.fleet.files import write_atomically
from pdopt.fleet.rows import ROWS, DecodeRow, MixedRow, PrefillRow, ProfileRow
from pdopt.fleet.tables import read_table

SHAPE = ("gpu", "gpus", "parallelism", "dp", "engine", "precision")
POINT = {
    "prefill": ("input_tokens",),
    "decode": ("input_tokens", "output_tokens", "batch"),
    "mixed": ("input_tokens", "output_tokens", "cached_tokens", "images", "image_tokens", "requests_per_s"),
}
INSTANCE = ("gpu", "gpus", "parallelism", "dp", "engine", "engine_version", "precision")
PROVENANCE = ("kind", "date", "source", "licence")
COLUMNS = {
    "prefill": (*INSTANCE, *POINT["prefill"], "tokens_per_s", *PROVENANCE),
    "decode": (*INSTANCE, *POINT["decode"], "tpot_ms", "kv_tokens", *PROVENANCE),
    "mixed": (*INSTANCE, "input_tokens", "output_tokens", "requests_per_s", *PROVENANCE),
}
SAME = 1e-9  # relative; text in files carries what was written

Key = tuple[Any, ...]
Record = dict[str, str]


@dataclass(frozen=True)
class Merge:
    """What merging rows into one table would do; `write` does it.

    Attributes
    ----------
    added, unchanged : int
        Points that are new, and points that stand there already with the same result.
    conflicting : tuple of str
        Points that stand there already with another result; the table keeps what it has.
    """

    file: Path
    added: int
    unchanged: int
    conflicting: tuple[str, ...]
    text: str

    def write(self) -> None:
        """Put the merged table in place of the old one, atomically; leave the file alone if nothing was added."""
        if self.added:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self.file, self.text)


def merge(folder: Path, role: str, rows: Iterable[Mapping[str, object]]) -> Merge:
    """Compare rows with the table of a role in a folder.

    Parameters
    ----------
    folder : pathlib.Path
        It need not exist.
    role : str
        "prefill", "decode" or "mixed".
    rows : iterable of mappings
        Column to value, as in the CSV tables.

    Raises
    ------
    FleetFaults
        The table that is there cannot be read.
    """
    file = folder / f"{role}.csv"
    columns, there = _read(file, role)
    conflicting = []
    added = unchanged = 0
    for values in rows:
        record = {column: cell(value) for column, value in values.items() if cell(value)}
        row = ROWS[role].model_validate(record)
        key = _key(row, role)
        if key not in there:
            there[key] = (row, record)
            added += 1
        elif _same(there[key][0], row):
            unchanged += 1
        else:
            conflicting.append(_words(row, role))
    return Merge(file, added, unchanged, tuple(conflicting), _text(columns, there))


def cell(value: object) -> str:
    """Write one value as a cell; whole numbers without a decimal point."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _read(file: Path, role: str) -> tuple[list[str], dict[Key, tuple[ProfileRow, Record]]]:
    if not file.exists():
        return list(COLUMNS[role]), {}
    found = read_table(file, role)
    with file.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream, skipinitialspace=True)
        records = [{column: text or "" for column, text in record.items()} for record in reader]
        columns = list(reader.fieldnames or ())
    there: dict[Key, tuple[ProfileRow, Record]] = {}
    for position, (item, record) in enumerate(zip(found, records, strict=True)):
        key = _key(item.row, role)
        there[(*key, position) if key in there else key] = (item.row, record)
    return columns, there


def _key(row: ProfileRow, role: str) -> Key:
    return tuple(getattr(row, column) for column in (*SHAPE, *POINT[role]))


def _same(one: ProfileRow, other: ProfileRow) -> bool:
    pairs = zip(_measured(one), _measured(other), strict=True)
    return all(a == b or (a and b and abs(a - b) <= SAME * abs(a)) for a, b in pairs)


def _measured(row: ProfileRow) -> tuple[float | None, ...]:
    if isinstance(row, PrefillRow):
        return (row.tokens_per_s,)
    if isinstance(row, DecodeRow):
        return (row.tpot_s, row.kv_tokens)
    assert isinstance(row, MixedRow)
    return tuple(value for name, value in row if name.startswith(("ttft_", "tpot_")))


def _words(row: ProfileRow, role: str) -> str:
    point = ", ".join(f"{column} {cell(getattr(row, column))}" for column in POINT[role])
    return f"{role}: {' '.join(filter(None, (cell(getattr(row, column)) for column in SHAPE)))}: {point}"


def _text(columns: list[str], there: dict[Key, tuple[ProfileRow, Record]]) -> str:
    records = [there[key][1] for key in sorted(there)]
    more = {column: None for record in records for column in record if column not in columns}
    stream = io.StringIO()
    writer = csv.DictWriter(stream, [*columns, *more], restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return stream.getvalue()
