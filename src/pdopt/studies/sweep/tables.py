"""Variations in a file: CSV or YAML list with a scenario a row, or a YAML mapping that varies as --vary does."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from pdopt.fleet.faults import Complaints, FleetFaults
from pdopt.fleet.located import read_text, read_yaml
from pdopt.studies.sweep.asked import Row

WHAT = "the table of variations"


def read_variations(file: Path) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """Read a file of variations.

    Returns
    -------
    rows : tuple of mappings
        Scenarios, of a CSV (a column a key) or a YAML list of mappings.
    vary : tuple of str
        ``KEY=VALUES``, of a YAML mapping.

    Raises
    ------
    FleetFaults
        It cannot be read; with the line.
    """
    return (_csv_rows(file), ()) if file.suffix.lower() == ".csv" else _yaml(file)


def _csv_rows(file: Path) -> tuple[Row, ...]:
    complaints = Complaints(str(file))
    text = read_text(file, complaints, WHAT).removeprefix("\ufeff")
    reader = csv.DictReader(text.splitlines(), restkey="", skipinitialspace=True)
    rows = []
    for record in reader:
        if record.pop("", None):
            complaints.add((), "has more cells than the header names; quote cells that hold a comma", reader.line_num)
        rows.append({name: cell or "" for name, cell in record.items()})
    if not rows:
        complaints.add((), "holds no rows; give a header of keys, and a row a scenario")
    complaints.raise_any()
    return tuple(rows)


def _yaml(file: Path) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    raw, complaints = read_yaml(file)
    if isinstance(raw, dict) and raw:
        return (), tuple(f"{key}={_text(value)}" for key, value in raw.items())
    if isinstance(raw, list) and raw and all(isinstance(row, dict) for row in raw):
        return tuple({key: _text(value) for key, value in row.items()} for row in raw), ()
    complaints.add((), "must be a mapping KEY: VALUES, or a list of mappings, one a scenario")
    raise FleetFaults(complaints.faults)


def _text(value: Any) -> str:
    """Give a value as --vary takes it."""
    import json

    return value if isinstance(value, str) else json.dumps(value, default=str)
