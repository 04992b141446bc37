"""A CSV of one's own with the columns of prefill.csv, decode.csv or mixed.csv; what it lacks comes as options."""

from __future__ import annotations

import csv
from pathlib import Path

from pdopt.catalogue.measured.measurement import Facts, Measurement, Unreadable
from pdopt.catalogue.measured.parsing import count, number
from pdopt.fleet.faults import did_you_mean
from pdopt.fleet.rows import ROWS

NAME = "csv"
TELLING = {"prefill": {"tokens_per_s"}, "decode": {"batch"}, "mixed": {"requests_per_s"}}


def detects(path: Path, head: str) -> bool:
    """Whether the header names input_tokens and what only one of the tables measures."""
    return path.suffix.lower() in {".csv", ""} and _table(_columns(head.partition("\n")[0])) is not None


def read(path: Path) -> list[Measurement]:
    """Give every row as it stands."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream, skipinitialspace=True)
        table = _table(list(reader.fieldnames or ()))
        assert table is not None
        unknown = [name for name in reader.fieldnames or () if name not in ROWS[table].model_fields]
        if unknown:
            hints = (f"{name} ({did_you_mean(name, ROWS[table].model_fields)})" for name in unknown)
            raise Unreadable(f"has columns unknown to {table}.csv: {'; '.join(hints)}")
        return [_row(record, table, f"{path.name}:{reader.line_num}") for record in reader]


def _columns(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().split(",")]


def _table(columns: list[str]) -> str | None:
    if "input_tokens" not in columns:
        return None
    found = [table for table, telling in TELLING.items() if telling <= set(columns)]
    return found[0] if len(found) == 1 else None


def _row(record: dict[str, str], table: str, source: str) -> Measurement:
    given = {key: value.strip() for key, value in record.items() if key and value and value.strip()}
    return Measurement(
        source=source,
        tool=NAME,
        phase="given",
        table=table,
        facts=Facts(
            gpu=given.get("gpu", ""),
            gpus=count(given, "gpus"),
            dp=count(given, "dp"),
            **{key: given.get(key, "") for key in ("parallelism", "engine", "engine_version", "precision", "date")},
        ),
        isl=_length(given, "input_tokens"),
        osl=_length(given, "output_tokens"),
        given=given,
    )


def _length(given: dict[str, str], key: str) -> float | None:
    """Read a length for the summary; a faulty one is complained about with the rest of its row."""
    try:
        return number(given, key)
    except Unreadable:
        return None
