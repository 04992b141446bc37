"""What a reader of one trace format says: how to know the format, and where its columns are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from pdopt.traces.source import Source


@dataclass(frozen=True)
class Columns:
    """Expressions for the columns of requests, over the rows of a source.

    Attributes
    ----------
    hash_ids : polars.Expr, optional
        Text that lists the hashes of the input's blocks, each hash standing for everything up to its block.
    is_request : polars.Expr, optional
        False in rows that record something else.
    """

    arrival_s: pl.Expr
    input_tokens: pl.Expr
    output_tokens: pl.Expr
    cached_tokens: pl.Expr | None = None
    hash_ids: pl.Expr | None = None
    is_request: pl.Expr | None = None


@dataclass(frozen=True)
class Reader:
    """A trace format.

    Attributes
    ----------
    needs : tuple of tuples of str
        Of each group, at least one field must be there. Among several readers that fit, more groups win.
    """

    name: str
    needs: tuple[tuple[str, ...], ...]
    columns: Callable[[Source], Columns]

    def fits(self, source: Source) -> bool:
        """Whether a source has all the fields this format needs."""
        return all(source.has(*group) for group in self.needs)


def number(field: pl.Expr) -> pl.Expr:
    """Read a field as a number; null where it is none."""
    return field.cast(pl.Float64, strict=False)


def date_s(field: pl.Expr) -> pl.Expr:
    """Read a date and time as seconds since 1970; without a time zone it is taken as UTC."""
    text = field.cast(pl.String).str.replace("T", " ", literal=True).str.replace("Z$", "+00:00")
    plain = text.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="ns", strict=False)
    zoned = text.str.to_datetime("%Y-%m-%d %H:%M:%S%.f%:z", time_unit="ns", strict=False)
    return pl.coalesce(plain, zoned.dt.replace_time_zone(None)).dt.epoch("ns").cast(pl.Float64) / 1e9


def seconds(field: pl.Expr) -> pl.Expr:
    """Read a time: a number of seconds, or a date."""
    return pl.coalesce(number(field), date_s(field))
