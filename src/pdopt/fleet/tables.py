"""CSV tables read into validated rows; folders of profiles with a table for each role (prefill.csv)."""

from __future__ import annotations

import csv
from pathlib import Path as FilePath

from pdopt.fleet.faults import Complaints, Fault, FleetFaults, did_you_mean
from pdopt.fleet.fields import Entry, validate
from pdopt.fleet.grouping import FoundRow
from pdopt.fleet.rows import ROWS


def read_table(file: FilePath, role: str) -> list[FoundRow]:
    """Read one CSV table of profile rows; `role` is "encode", "prefill", "decode" or "mixed"."""
    return read_csv(file, ROWS[role])


def read_csv(file: FilePath, kind: type[Entry]) -> list[FoundRow]:
    """Read one CSV table, every record as an entry of one kind.

    Raises
    ------
    FleetFaults
        Every fault of the table, each with its line and column.
    """
    found, complaints = scan_csv(file, kind)
    complaints.raise_any()
    return found


def scan_csv(file: FilePath, kind: type[Entry]) -> tuple[list[FoundRow], Complaints]:
    """Read the sound rows of a CSV table, and the faults of all others, for a reader that will find more.

    Raises
    ------
    FleetFaults
        Columns are missing.
    """
    complaints = Complaints(str(file))
    found = []
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, restkey="", skipinitialspace=True)
            unknown = _unknown_columns(reader, kind, complaints)
            repeated = {name for name in reader.fieldnames or () if list(reader.fieldnames or ()).count(name) > 1}
            for name in sorted(repeated):
                complaints.add((name,), "is a column given twice; keep one", line=1)
            if _lacks_columns(reader, kind, complaints):
                complaints.raise_any()
            for record in reader:
                for column in unknown:
                    record.pop(column, None)
                row = _read_record(record, kind, complaints, reader.line_num)
                if row is not None:
                    found.append(FoundRow(row, complaints, (), reader.line_num))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        complaints.add((), f"cannot be read as a CSV table ({error}); check the file")
    if not found and not complaints.faults:
        complaints.add((), "holds no rows; add some or remove the file")
    return found, complaints


def _unknown_columns(reader: csv.DictReader[str], kind: type[Entry], complaints: Complaints) -> list[str]:
    if kind.model_config.get("extra") == "ignore":
        return []
    known = kind.model_fields
    unknown = [column for column in reader.fieldnames or () if column not in known]
    for column in unknown:
        what = f"unknown column; {did_you_mean(column, known)}" if column else "a column has no name; name or remove it"
        complaints.add((column,) if column else (), what, line=1)
    return unknown


def _lacks_columns(reader: csv.DictReader[str], kind: type[Entry], complaints: Complaints) -> bool:
    """Say once that required columns are missing, instead of once a row."""
    given = list(reader.fieldnames or ())
    lacking = [name for name, info in kind.model_fields.items() if info.is_required() and name not in given]
    if lacking and given:
        apart = any(mark in name for name in given for mark in ";\t|")
        hint = "separate cells by commas" if apart else "add or rename columns"
        complaints.add((), f"has no column {', '.join(lacking)}; {hint}", line=1)
    return bool(lacking and given)


def read_folder(folder: FilePath) -> tuple[dict[str, list[FoundRow]], list[Complaints]]:
    """Read a folder of profiles.

    Returns
    -------
    rows : dict
        Rows by role, for the tables that exist.
    complaints : list of Complaints
        One per table; later faults (points given twice) are noted there.

    Raises
    ------
    FleetFaults
        Every fault of every table.
    """
    rows: dict[str, list[FoundRow]] = {}
    faults: list[Fault] = []
    for role in ROWS:
        file = folder / f"{role}.csv"
        if file.exists():
            try:
                rows[role] = read_table(file, role)
            except FleetFaults as error:
                faults += error.faults
    if faults:
        raise FleetFaults(faults)
    return rows, [found[0].complaints for found in rows.values()]


def _read_record(record: dict[str, object], kind: type[Entry], complaints: Complaints, line: int) -> object | None:
    if record.pop("", None):
        complaints.add((), "has more cells than the header names; quote cells that hold a comma", line=line)
        return None
    known = Complaints(complaints.file)
    filled = {key: value for key, value in record.items() if value not in (None, "")}
    row = validate(kind, filled, (), known)
    complaints.faults += [Fault(f.file, line, f.path, f.sentence) for f in known.faults]
    return row
