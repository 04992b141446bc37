"""A trace file opened: CSV, JSON lines or Parquet, plain or compressed, as a lazy frame of named fields."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from pdopt.fleet.faults import Fault, FleetFaults

Form = Literal["csv", "jsonl", "parquet"]

HEAD_LINES = 50
LINE = "line"
NO_SEPARATOR = "\x01"  # never inside a line: JSON escapes control characters


@dataclass(frozen=True)
class Source:
    """An open trace: its form, the names of its fields, and its rows, not read yet."""

    file: Path
    form: Form
    names: tuple[str, ...]
    frame: pl.LazyFrame
    separator: str = ","
    quoted: bool = False

    def has(self, *names: str) -> bool:
        """Whether any of these fields is in the trace."""
        return any(name in self.names for name in names)

    def key(self, *names: str) -> pl.Expr:
        """Give the first of these fields that a row has; a dotted name leads into nested JSON."""
        known = [name for name in names if name in self.names] or list(names)
        return pl.coalesce([self._field(name) for name in known])

    def _field(self, name: str) -> pl.Expr:
        if self.form == "jsonl":
            return pl.col(LINE).str.json_path_match(f"$.{name}")
        return pl.col(name) if name in self.names else pl.lit(None, pl.String)

    @property
    def blank(self) -> pl.Expr:
        """Whether a row is an empty line."""
        return pl.all_horizontal(pl.all().is_null())

    @property
    def broken(self) -> pl.Expr:
        """Whether a row is not what the form of the file asks for."""
        if self.form == "jsonl":
            return pl.col(LINE).str.json_path_match("$").is_null()
        return pl.lit(False)

    @property
    def place_of_first_row(self) -> int:
        """The line (row of a Parquet file) at which the first row stands."""
        return 2 if self.form == "csv" else 1


def complaint(file: Path, sentence: str, line: int = 0) -> FleetFaults:
    """Make the one fault of a trace, to be raised."""
    return FleetFaults([Fault(str(file), line, "", sentence)])


def open_source(file: Path) -> Source:
    """Open a trace by what is in it, not by its name.

    Raises
    ------
    FleetFaults
        There is no such file, or it is empty, or not a table.
    """
    if not file.exists():
        raise complaint(file, "no such file; check the path")
    if file.is_dir():
        raise complaint(file, "is a folder; name one file of it (put the files of one log together first)")
    try:
        with file.open("rb") as stream:
            if stream.read(4) == b"PAR1":
                frame = pl.scan_parquet(file, glob=False)
                return Source(file, "parquet", *_simplified(frame))
        return _text_source(file)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise complaint(file, f"cannot be read ({str(error).splitlines()[0]}); check the file") from None


def _simplified(frame: pl.LazyFrame) -> tuple[tuple[str, ...], pl.LazyFrame]:
    names = frame.collect_schema().names()
    return tuple(map(_simple, names)), frame.rename({name: _simple(name) for name in names})


def _simple(name: str) -> str:
    return name.strip().strip('"').strip().lower().replace(" ", "_")


def _text_source(file: Path) -> Source:
    try:
        head = read_lines(file).head(HEAD_LINES).collect().to_series().drop_nulls().to_list()
    except pl.exceptions.NoDataError:
        head = []
    if not head:
        raise complaint(file, "is empty; give a trace with at least two requests")
    first = head[0].lstrip()
    if first.startswith("["):
        raise complaint(file, "is one JSON list; write one request per line (jq -c '.[]')", line=1)
    if first.startswith("{"):
        return Source(file, "jsonl", tuple(sorted(_keys_of(head))), read_lines(file))
    return _csv_source(file, head)


def _csv_source(file: Path, head: list[str]) -> Source:
    separator = max(",;\t", key=head[0].count)
    quoted = bool(read_lines(file).select(_has_quotes()).collect(engine="streaming").item())
    frame = pl.scan_csv(
        file,
        glob=False,
        separator=separator,
        quote_char='"' if quoted else None,
        infer_schema=False,
        truncate_ragged_lines=True,
        encoding="utf8-lossy",
    )
    return Source(file, "csv", *_simplified(frame), separator, quoted)


def _has_quotes() -> pl.Expr:
    """Whether any line has a double quote; without one, reading is faster and cannot be misled."""
    return pl.col(LINE).str.contains('"', literal=True).any()


def read_lines(file: Path) -> pl.LazyFrame:
    """Read a text file as one column of lines; empty ones are null."""
    return pl.scan_csv(
        file,
        glob=False,
        has_header=False,
        new_columns=[LINE],
        separator=NO_SEPARATOR,
        quote_char=None,
        infer_schema=False,
        truncate_ragged_lines=True,
        encoding="utf8-lossy",
    )


def _keys_of(lines: list[str]) -> set[str]:
    found: set[str] = set()
    for line in lines:
        try:
            found.update(_dotted(json.loads(line), ""))
        except ValueError:
            continue
    return found


def _dotted(value: object, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _dotted(inner, f"{path}.{key}" if path else str(key))
    elif path and value is not None:
        yield path
