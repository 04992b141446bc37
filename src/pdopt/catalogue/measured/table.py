"""A profile table as text: kept as it was found, but for the rows that change."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from pdopt.fleet.faults import Complaints, FleetFaults
from pdopt.fleet.fields import validate
from pdopt.fleet.rows import ROWS

Row = dict[str, str]
SHAPE = ("gpu", "gpus", "parallelism", "dp", "engine", "engine_version", "precision")
ORIGIN = ("kind", "date", "source", "licence", "note")
POINT = {
    "prefill": ("input_tokens",),
    "decode": ("input_tokens", "output_tokens", "batch"),
    "mixed": ("input_tokens", "output_tokens", "cached_tokens", "images", "image_tokens", "requests_per_s"),
}
ALWAYS = {*SHAPE, "kind", "date", "source"}


class Table:
    """One of prefill.csv, decode.csv, mixed.csv: header and rows as they stand, unknown columns included."""

    def __init__(self, file: Path, role: str):
        self.file, self.role = file, role
        self.mark, self.newline = "", "\n"
        self.header: list[str] = []
        self.rows: list[Row] = []
        if file.exists():
            self._read()

    def _read(self) -> None:
        complaints = Complaints(str(self.file))
        text = self._text(complaints)
        self.mark, text = ("\ufeff", text[1:]) if text.startswith("\ufeff") else ("", text)
        self.newline = "\r\n" if "\r\n" in text else "\n"
        reader = csv.DictReader(io.StringIO(text), restval="", skipinitialspace=True)
        try:
            self.header = list(reader.fieldnames or ())
            for record in reader:
                if None in record:
                    complaints.add((), "has more cells than the header names", line=reader.line_num)
                else:
                    self.rows.append(record)
                    self._check(record, reader.line_num, complaints)
        except csv.Error as error:
            complaints.add((), f"cannot be read as CSV ({error}); check the file", line=reader.line_num + 1)
        complaints.raise_any()

    def _text(self, complaints: Complaints) -> str:
        found = self.file.read_bytes()
        try:
            return found.decode("utf-8")
        except UnicodeDecodeError as error:
            line = found.count(b"\n", 0, error.start) + 1
            complaints.add((), "is not UTF-8 text; save the file in that encoding", line=line)
            raise FleetFaults(complaints.faults) from None

    def _check(self, record: Row, line: int, complaints: Complaints) -> None:
        known = {key: value for key, value in record.items() if value and key in ROWS[self.role].model_fields}
        found = Complaints(complaints.file)
        validate(ROWS[self.role], known, (), found)
        for fault in found.faults:
            complaints.add((fault.path,) if fault.path else (), fault.sentence, line=line)

    def text(self) -> str:
        """Write the table, without columns that are blank throughout and were not there.

        New columns come after the old ones, those of a new table in the catalogue's order.
        """
        header = self.header or self._new_header()
        header += [name for name in self._wanted() if name not in header]
        stream = io.StringIO(newline="")
        writer = csv.DictWriter(stream, header, restval="", extrasaction="ignore", lineterminator=self.newline)
        writer.writeheader()
        writer.writerows(self.rows)
        return self.mark + stream.getvalue()

    def _wanted(self) -> list[str]:
        return [name for name in self._order() if any(row.get(name) for row in self.rows)]

    def _new_header(self) -> list[str]:
        return [name for name in self._order() if name in ALWAYS or any(row.get(name) for row in self.rows)]

    def _order(self) -> list[str]:
        measured = [n for n in ROWS[self.role].model_fields if n not in (*SHAPE, *POINT[self.role], *ORIGIN)]
        return [*SHAPE, *POINT[self.role], *measured, *ORIGIN]


def sentences(role: str, row: Row) -> list[str]:
    """Give the faults of a new row, as reading it back would find them."""
    complaints = Complaints("")
    validate(ROWS[role], {key: value for key, value in row.items() if value}, (), complaints)
    return [f"{fault.path}: {fault.sentence}" if fault.path else fault.sentence for fault in complaints.faults]
