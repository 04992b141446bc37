"""Trace file → Requests: the file streams through Polars; times and lengths stay in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pdopt.traces.prefix import prefix_hits
from pdopt.traces.reader import Columns, Reader, number
from pdopt.traces.readers import all_readers
from pdopt.traces.refusals import SKIPPED, refusals, why, with_uneven
from pdopt.traces.requests import Floats, Requests, Tokens
from pdopt.traces.source import Source, complaint, open_source

LONGEST_S = 1e9
DATES_FROM_S = 3e8  # arrivals past this are seconds since 1970, not since the start of the trace


def read_trace(file: Path) -> Requests:
    """Read the requests of a trace in any known format.

    Parameters
    ----------
    file : pathlib.Path
        CSV, JSON lines or Parquet, plain or gzip.

    Raises
    ------
    FleetFaults
        The file cannot be read, its format is not known, or it holds fewer than two usable requests.
    """
    source = open_source(file)
    reader = _reader_of(source)
    columns = reader.columns(source)
    table = _collected(source, columns)
    reason = with_uneven(table["why"].to_numpy(), source)
    refused = refusals(reason, source)
    usable = np.flatnonzero(reason == 0)
    if len(usable) < 2:
        found = "; ".join(map(str, refused)) or f"{len(usable)} requests"
        raise complaint(file, f"holds fewer than two usable requests ({found}); give a longer or mended trace")
    order, arrival_s = _by_arrival(table["arrival_s"].to_numpy(), usable)
    rows = usable if order is None else usable[order]
    _check_span(file, float(arrival_s[-1] - arrival_s[0]))
    input_tokens = table["input_tokens"].to_numpy()[rows]
    cached, cache_source, notes = _cached(source, columns, table, rows, input_tokens)
    return Requests(
        file=file.name,
        kind=reader.name,
        arrival_s=arrival_s - arrival_s[0],
        input_tokens=input_tokens,
        output_tokens=table["output_tokens"].to_numpy()[rows],
        cached_tokens=cached,
        cache_source=cache_source,
        start_s=float(arrival_s[0]) if arrival_s[0] > DATES_FROM_S else None,
        refusals=refused,
        skipped=int(np.count_nonzero(reason == SKIPPED)),
        notes=notes,
    )


def _reader_of(source: Source) -> Reader:
    readers = all_readers()
    for reader in readers:
        if reader.fits(source):
            return reader
    known = "; ".join(f"{r.name} ({', '.join(group[0] for group in r.needs)})" for r in readers)
    seen = ", ".join(source.names[:12]) or "nothing"
    raise complaint(source.file, f"is no known trace: it has {seen}; known: {known}", line=1)


def _collected(source: Source, columns: Columns) -> pl.DataFrame:
    fields = {
        "arrival_s": columns.arrival_s,
        "input_tokens": columns.input_tokens,
        "output_tokens": columns.output_tokens,
        "cached_tokens": columns.cached_tokens,
    }
    given = {name: field for name, field in fields.items() if field is not None}
    tests = {"blank": source.blank, "broken": source.broken}
    if columns.is_request is not None:
        tests["other"] = ~columns.is_request
    small = {name: number(pl.col(name)).cast(pl.Int32, strict=False) for name in given if name != "arrival_s"}
    frame = source.frame.select(**given, **tests).select("arrival_s", **small, why=why(given, tests))
    try:
        return frame.collect(engine="streaming")
    except pl.exceptions.PolarsError as error:
        raise complaint(source.file, f"cannot be read ({str(error).splitlines()[0]}); check the file") from None


def _by_arrival(arrival_s: Floats, usable: NDArray[Any]) -> tuple[NDArray[Any] | None, Floats]:
    arrival_s = arrival_s[usable]
    if np.all(arrival_s[1:] >= arrival_s[:-1]):
        return None, arrival_s
    order = np.argsort(arrival_s, kind="stable")
    return order, arrival_s[order]


def _check_span(file: Path, span_s: float) -> None:
    if span_s == 0:
        raise complaint(file, "has all requests at one time, so there is no rate; give a trace with a span")
    if span_s > LONGEST_S:
        raise complaint(
            file, f"spans {span_s / 3.156e7:,.0f} years; check the unit of its times, and single stray ones"
        )


def _cached(
    source: Source, columns: Columns, table: pl.DataFrame, rows: NDArray[Any], input_tokens: Tokens
) -> tuple[Tokens | None, str, tuple[str, ...]]:
    """Give cached tokens from their column or from hashes; the last token of an input is always computed."""
    if columns.cached_tokens is not None and table["cached_tokens"].null_count() < len(table):
        cached = table["cached_tokens"].fill_null(0).to_numpy()[rows]
        return np.minimum(cached, input_tokens - 1), "recorded in the trace", ()
    if columns.hash_ids is None:
        return None, "", ()
    cached, block_tokens = prefix_hits(source.frame.select(columns.hash_ids), rows, input_tokens)
    told = "as hash ids tell, for a cache without limit: a real cache answers less"
    return np.minimum(cached, input_tokens - 1), told, (f"blocks of {block_tokens} tokens, inferred from hash ids",)
