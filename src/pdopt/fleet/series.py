"""Demand over time: a CSV with one row per period and one column per workload."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any

from pydantic import Field

from pdopt.fleet.faults import Complaints, Fault, did_you_mean
from pdopt.fleet.fields import Entry, NotNegative, Positive, Text, validate
from pdopt.fleet.fleet import Period

NAMES = ("period", "hour")


class SeriesRow(Entry):
    """One period: its name, its hours and the requests per second of workloads."""

    period: Text = Field(description="the name of the period")
    hours: Positive = Field(1.0, description="the hours of the period, 1 where left out")
    rates_rps: dict[str, NotNegative] = Field(description="requests per second, 0 or more")


def read_series(file: FilePath, workloads: list[str]) -> tuple[tuple[Period, ...], dict[str, tuple[float, ...]]]:
    """Read periods and demand from a CSV.

    Parameters
    ----------
    file : pathlib.Path
        Columns: `period` (or `hour`), `hours` if not 1, and workloads with their requests per second.
    workloads : list of str
        Those of the fleet.

    Returns
    -------
    periods : tuple of Period
    rates_rps : dict
        Workload → requests per second in each period.

    Raises
    ------
    FleetFaults
        Every fault of the table, each with its line and column.
    """
    complaints = Complaints(str(file))
    rows: list[SeriesRow] = []
    columns: list[str] = []
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            table = csv.reader(stream, skipinitialspace=True)
            columns = [name.strip() for name in next(table, [])]
            if _usable(columns, workloads, complaints):
                rows = list(_rows(table, columns, complaints))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        complaints.add((), f"cannot be read as a CSV table ({error}); check the file")
    if not rows and not complaints.faults:
        complaints.add((), "holds no rows; add one per period")
    complaints.raise_any()
    own = [name for name in columns if name in workloads and name not in (*NAMES, "hours")]
    return (
        tuple(Period(row.period, row.hours) for row in rows),
        {name: tuple(row.rates_rps[name] for row in rows) for name in own},
    )


def _usable(columns: list[str], workloads: list[str], complaints: Complaints) -> bool:
    """Whether rows can be read under these columns; complains where not, and of what is unknown."""
    before = len(complaints.faults)
    for name in sorted({name for name in columns if columns.count(name) > 1}):
        complaints.add((name,), "is a column given twice; keep one", line=1)
    naming = [name for name in NAMES if name in columns]
    if len(naming) != 1:
        hint = "; separate cells by commas" if any(mark in "".join(columns) for mark in ";\t|") else ""
        complaints.add((), f"needs one column period (or hour) with the names of the periods{hint}", line=1)
    for name in dict.fromkeys(columns):
        if name not in (*NAMES, "hours", *workloads) and len(naming) == 1:
            known = did_you_mean(name, workloads)
            complaints.add((name,), f"is not one of workloads; {known}", line=1)
    return len(complaints.faults) == before


def _rows(table: Any, columns: list[str], complaints: Complaints) -> Iterator[SeriesRow]:
    seen: set[str] = set()
    for written in table:
        if not any(cell.strip() for cell in written):
            continue
        if len(written) != len(columns):
            state = f"has {len(written)} cells for {len(columns)} columns"
            complaints.add((), f"{state}; give one each", line=table.line_num)
            continue
        cells = {column: cell.strip() for column, cell in zip(columns, written, strict=True)}
        naming = next(name for name in NAMES if name in cells)
        period = cells.pop(naming)
        if not period:
            complaints.add((naming,), "is blank; give the period a name", table.line_num)
        elif period in seen:
            complaints.add((), f"{period!r} is named twice; give every period its own name", table.line_num)
        seen.add(period)
        row = _row(period, cells, complaints, table.line_num)
        if row is not None:
            yield row


def _row(period: str, cells: dict[str, str], complaints: Complaints, line: int) -> SeriesRow | None:
    hours = cells.pop("hours", "")
    record = {"period": period, "rates_rps": cells} | ({"hours": hours} if hours else {})
    known = Complaints(complaints.file)
    row = validate(SeriesRow, record, (), known)
    complaints.faults += [Fault(f.file, line, f.path.removeprefix("rates_rps."), f.sentence) for f in known.faults]
    return row
