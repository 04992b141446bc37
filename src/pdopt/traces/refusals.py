"""Why a row is no usable request, decided inside the streaming scan and counted afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pdopt.traces.cells import REASON as UNEVEN
from pdopt.traces.cells import uneven
from pdopt.traces.reader import number
from pdopt.traces.requests import Refusal
from pdopt.traces.source import Source

SKIPPED = 254
BLANK = 255
SHOWN_PLACES = 5
LATEST_S = 1e11  # the year 5138; times past it are not in seconds
MOST_TOKENS = 2**31 - 1

REASONS = (
    "not a JSON object",
    "no arrival time, or not a readable one",
    "arrival time too late to be in seconds; in milliseconds name it arrival_ms",
    *(
        f"{name} {what}"
        for name in ("input_tokens", "output_tokens")
        for what in ("missing", "not a whole number", "zero or negative")
    ),
    "cached_tokens negative, not a number, or more than input_tokens",
    UNEVEN,
)


def why(given: dict[str, pl.Expr], tests: dict[str, pl.Expr]) -> pl.Expr:
    """Give the number of the reason for which a row is refused, counted from 1; 0 for a usable request."""
    arrival = pl.col("arrival_s")
    faults = [
        pl.col("broken"),
        arrival.is_null() | ~arrival.is_finite(),
        arrival.abs() > LATEST_S,
        *_faults_of("input_tokens"),
        *_faults_of("output_tokens"),
    ]
    if "cached_tokens" in given:
        cached = pl.col("cached_tokens")
        good = number(cached).is_between(0, number(pl.col("input_tokens")))
        faults.append(cached.is_not_null() & ~good.fill_null(False))
    numbered = [_code(fault, i) for i, fault in enumerate(faults, 1)]
    others = [_code(pl.col(name), code) for name, code in (("blank", BLANK), ("other", SKIPPED)) if name in tests]
    return pl.coalesce(*others, *numbered, pl.lit(0, pl.UInt8))


def with_uneven(reason: NDArray[Any], source: Source) -> NDArray[Any]:
    """Refuse rows that look usable but whose cells may stand in other columns than theirs."""
    if source.form != "csv":
        return reason
    return np.where((reason == 0) & uneven(source, len(reason)), np.uint8(REASONS.index(UNEVEN) + 1), reason)


def _code(fault: pl.Expr, code: int) -> pl.Expr:
    return pl.when(fault).then(pl.lit(code, pl.UInt8))


def _faults_of(name: str) -> tuple[pl.Expr, ...]:
    field, value = pl.col(name), number(pl.col(name))
    whole = value.is_not_null() & (value == value.floor()) & (value.abs() <= MOST_TOKENS)
    return field.is_null(), ~whole, value <= 0


def refusals(reason: NDArray[Any], source: Source) -> tuple[Refusal, ...]:
    """Count the refused rows by reason and say where the first ones stand."""
    found = []
    for code in np.unique(reason[(reason > 0) & (reason < SKIPPED)]):
        rows = np.flatnonzero(reason == code)
        places = tuple(int(row) + source.place_of_first_row for row in rows[:SHOWN_PLACES])
        unit = "row" if source.form == "parquet" else "line"
        found.append(Refusal(REASONS[int(code) - 1], len(rows), places, unit))
    return tuple(found)
