"""Measured curves as the event loop reads them: speeds of prefill, tables of decode, ordinary instances."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pdopt.fleet.fleet import Workload
from pdopt.fleet.profiles import DecodeCurve, DecodeProfile, MixedCurve, MixedProfile

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """A measured curve; between its points linear, held at its ends."""

    x: Floats
    y: Floats

    def at(self, x: Floats | float) -> Floats:
        """Read the curve."""
        return np.asarray(np.interp(x, self.x, self.y))

    def outside(self, x: Floats) -> int:
        """Count what lies outside the measured range."""
        return int(np.count_nonzero((x < self.x[0] * (1 - 1e-9)) | (x > self.x[-1] * (1 + 1e-9))))


@dataclass(frozen=True)
class BatchTable:
    """Seconds per token (or per request) by batch, at each measured context.

    Attributes
    ----------
    contexts : array
        Ascending.
    columns : array of shape (contexts, 3, largest batch + 1)
        By context: at it, and between it and the next one the ends of the line over the batches that both measured.
    most : array of shape (contexts, 2)
        Largest batch at a context, and between it and the next one.
    memory : float
        KV tokens that fit.
    """

    contexts: Floats
    columns: Floats
    most: Floats
    memory: float = np.inf


def decode_table(profile: DecodeProfile, workloads: Iterable[Workload]) -> BatchTable:
    """Tabulate a decode profile at whole batches.

    Below the smallest measured batch its TPOT holds. Past the largest one nothing is admitted; a batch that is larger
    all the same, because its context grew, keeps the throughput. Of several curves at one context the one of a
    workload's own lengths is read, else the slowest.
    """
    lengths = {(w.input_tokens, w.output_tokens) for w in workloads}
    by_context: dict[float, list[DecodeCurve]] = {}
    for curve in profile.curves:
        by_context.setdefault(curve.context_tokens, []).append(curve)
    lines = [_slowest(_own(by_context[context], lengths)) for context in sorted(by_context)]
    rows = max(int(line.x[-1]) for line in lines) + 1
    columns, most = np.zeros((len(lines), 3, max(rows, 2))), np.zeros((len(lines), 2))
    for i, line in enumerate(lines):
        after = lines[min(i + 1, len(lines) - 1)]
        first, last = max(line.x[0], after.x[0]), min(line.x[-1], after.x[-1])
        columns[i, 0] = _column(line, line.x[0], line.x[-1], columns.shape[2])
        columns[i, 1] = _column(line, first, last, columns.shape[2])
        columns[i, 2] = _column(after, first, last, columns.shape[2])
        most[i] = max(int(line.x[-1]), 1), max(int(last), 1)
    memory = np.inf if profile.kv_tokens is None else profile.kv_tokens
    return BatchTable(np.array(sorted(by_context)), columns, most, memory)


def _own(curves: list[DecodeCurve], lengths: set[tuple[float, float]]) -> list[DecodeCurve]:
    return [curve for curve in curves if (curve.input_tokens, curve.output_tokens) in lengths] or curves


def _slowest(curves: Sequence[DecodeCurve]) -> Line:
    lines = [Line(np.array(curve.batches, float), np.array(curve.tpot_s, float)) for curve in curves]
    if len(lines) == 1:
        return lines[0]
    first, last = max(line.x[0] for line in lines), min(line.x[-1] for line in lines)
    grid = np.unique(np.concatenate([line.x for line in lines]))
    grid = grid[(grid >= first) & (grid <= last)]
    return Line(grid, np.max([line.at(grid) for line in lines], axis=0)) if len(grid) else lines[0]


def _column(line: Line, first: float, last: float, rows: int) -> Floats:
    """TPOT at batches 0, 1, …: read between `first` and `last`, flat below, of one throughput beyond."""
    batches = np.arange(rows, dtype=float)
    held = np.maximum(np.minimum(batches, max(last, first)), first)
    return np.asarray(line.at(held) * np.maximum(batches / max(last, 1.0), 1.0))


@dataclass(frozen=True)
class Ordinary:
    """An ordinary instance as a server whose throughput depends on the requests it holds (Little's law).

    Attributes
    ----------
    present : Line
        Requests held (measured rate times mean time) → requests per second.
    ttft_part : Line
        Requests held → part of the time that is TTFT.
    """

    present: Line
    ttft_part: Line

    def table(self) -> BatchTable:
        """Seconds per request by requests held: flat up to the smallest measured, no more than the largest at once."""
        most = max(int(self.present.x[-1]), 1)
        held = np.arange(most + 1, dtype=float)
        inside = np.clip(held, self.present.x[0], self.present.x[-1])
        seconds = np.maximum(inside, 1e-300) / self.present.at(inside)
        seconds = np.where(held > inside, seconds * held / inside, seconds)
        return BatchTable(np.array([0.0]), np.array([[seconds] * 3]), np.array([[most, most]], float))


def ordinary(profile: MixedProfile, workload: Workload) -> Ordinary | None:
    """Fit an ordinary instance to the measured mean TTFT and TPOT; None where these were not measured together.

    Reads the curve of the shortest measured lengths that are nowhere shorter than the workload's own.
    """
    curve = _long_enough(profile.curves, workload)
    keys = (("ttft", "mean"), ("tpot", "mean"))
    if curve is None or any(key not in curve.latencies_s for key in keys):
        return None
    rates, ttft_s, tpot_s = (np.array(v) for v in (curve.rates_rps, *(curve.latencies_s[key] for key in keys)))
    whole_s = ttft_s + curve.output_tokens * tpot_s
    held = rates * whole_s
    rising = np.concatenate([[True], held[1:] > np.maximum.accumulate(held)[:-1]])
    return Ordinary(Line(held[rising], rates[rising]), Line(held[rising], (ttft_s / whole_s)[rising]))


def _long_enough(curves: Iterable[MixedCurve], workload: Workload) -> MixedCurve | None:
    def spare(curve: MixedCurve) -> tuple[float, ...]:
        images = (curve.images - workload.images, curve.image_tokens - workload.image_tokens) if workload.images else ()
        computed = curve.input_tokens - curve.cached_tokens - workload.new_tokens
        return (
            curve.input_tokens - workload.input_tokens,
            curve.output_tokens - workload.output_tokens,
            computed,
            *images,
        )

    def length(curve: MixedCurve) -> tuple[float, ...]:
        computed = curve.input_tokens - curve.cached_tokens
        sizes = (curve.image_tokens * curve.images, curve.images)
        return computed + curve.output_tokens, curve.input_tokens, curve.output_tokens, *sizes

    return min((curve for curve in curves if min(spare(curve)) >= 0), key=length, default=None)
