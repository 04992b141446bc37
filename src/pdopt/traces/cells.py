"""Rows of a CSV trace that have more or fewer cells than its header: a text with separators or line breaks unquoted."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pdopt.traces.source import LINE, Source, complaint, read_lines

REASON = "more or fewer cells than the header; put text in double quotes"


def uneven(source: Source, rows: int) -> NDArray[Any]:
    """Tell of each row whether the number of its cells differs from the header's; empty cells may follow.

    Raises
    ------
    FleetFaults
        The quotes of the file do not pair up, so that nobody can tell its rows.
    """
    cells, trailing = _records(source)
    if len(cells) != rows + 1:
        if source.quoted:
            raise complaint(
                source.file, "has double quotes that do not pair up; quote text, and double the quotes in it"
            )
        return np.zeros(rows, dtype=bool)
    return np.asarray((cells[1:] - trailing[1:] > cells[0] - trailing[0]) | (cells[1:] < cells[0] - trailing[0]))


def _records(source: Source) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give the cells of each record, the header's first, and how many separators end it."""
    separator = source.separator
    line = pl.col(LINE).fill_null("").str.strip_chars_end("\r")
    trailing = line.str.len_bytes() - line.str.strip_chars_end(separator).str.len_bytes()
    frame = read_lines(source.file)
    if not source.quoted:
        found = frame.select(
            cells=line.str.count_matches(separator, literal=True).cast(pl.Int32) + 1,
            trailing=trailing.cast(pl.Int32),
            blank=line == "",
        ).collect(engine="streaming")
    else:
        found = _of_quoted(frame.with_columns(line.alias(LINE)), trailing, separator)
    start = int(np.argmin(found["blank"].to_numpy())) if len(found) else 0
    return found["cells"].to_numpy()[start:], found["trailing"].to_numpy()[start:]


def _of_quoted(frame: pl.LazyFrame, trailing: pl.Expr, separator: str) -> pl.DataFrame:
    """Count cells outside quotes; a record ends with the line that closes the last quote."""
    quotes = pl.col(LINE).str.count_matches('"', literal=True).cast(pl.Int64).cum_sum()
    lines = frame.select(LINE, closed=quotes % 2 == 0, trailing=trailing.cast(pl.Int32))
    lines = lines.with_columns(opened=pl.col("closed").shift(1, fill_value=True))
    whole = pl.when("opened").then(LINE).otherwise(pl.concat_str(pl.lit('"'), LINE))
    bare = whole.str.replace_all(rf'(^|{separator})"(?:[^"]|"")*(?:"|$)', "${1}")
    separators = bare.str.count_matches(separator, literal=True).cast(pl.Int64).cum_sum()
    ends = lines.select("closed", "trailing", total=separators, blank=pl.col("opened") & (pl.col(LINE) == ""))
    return (
        ends.filter("closed")
        .select(
            (pl.col("total") - pl.col("total").shift(1, fill_value=0) + 1).alias("cells"),
            "trailing",
            "blank",
        )
        .collect()
    )
