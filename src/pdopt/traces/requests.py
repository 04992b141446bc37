"""The requests of a trace as columns of numbers, and what could not be used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Tokens = NDArray[np.int32]


@dataclass(frozen=True)
class Refusal:
    """Rows that are no usable requests, all for one reason.

    Attributes
    ----------
    places : tuple of int
        The first line numbers (row numbers of a Parquet file), counted from 1.
    """

    reason: str
    rows: int
    places: tuple[int, ...]
    unit: str = "line"

    def __str__(self) -> str:
        more = ", …" if self.rows > len(self.places) else ""
        unit = self.unit if self.rows == 1 else f"{self.unit}s"
        count = "1 row" if self.rows == 1 else f"{self.rows:,} rows"
        return f"{count} refused: {self.reason} ({unit} {', '.join(map(str, self.places))}{more})"


@dataclass(frozen=True)
class Requests:
    """The usable requests of one trace, in the order of arrival.

    Attributes
    ----------
    arrival_s : array
        Seconds since the first request.
    cached_tokens : array or None
        Input tokens that a prefix cache answered, fewer than the input tokens; None when the trace does not tell.
    cache_source : str
        How the cached tokens are known; empty when they are not.
    start_s : float or None
        The first arrival in seconds since 1970 (UTC); None when the trace has no dates.
    skipped : int
        Rows that record something else than a request, such as other events of a server's log.
    """

    file: str
    kind: str
    arrival_s: Floats
    input_tokens: Tokens
    output_tokens: Tokens
    cached_tokens: Tokens | None
    cache_source: str
    start_s: float | None
    refusals: tuple[Refusal, ...]
    skipped: int = 0
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.arrival_s)

    @property
    def new_tokens(self) -> Tokens:
        """Input tokens that prefill computes: all but the cached ones."""
        return self.input_tokens if self.cached_tokens is None else self.input_tokens - self.cached_tokens

    @property
    def span_s(self) -> float:
        """Seconds from the first arrival to the last."""
        return float(self.arrival_s[-1])

    @property
    def start(self) -> str | None:
        """The first arrival as a date, if the trace has dates."""
        return (
            None if self.start_s is None else f"{datetime.fromtimestamp(int(self.start_s), UTC):%Y-%m-%d %H:%M:%S} UTC"
        )

    @property
    def refused(self) -> int:
        """How many rows were refused."""
        return sum(refusal.rows for refusal in self.refusals)
