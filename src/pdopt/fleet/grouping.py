"""From profile rows to profiles: rows of one shape become its curves, sorted, each point once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pdopt.fleet.faults import Complaints, Path
from pdopt.fleet.profiles import (
    DecodeCurve,
    DecodeProfile,
    EncodeProfile,
    MixedCurve,
    MixedProfile,
    Origin,
    PrefillProfile,
    Shape,
)
from pdopt.fleet.rows import STATISTICS, DecodeRow, EncodeRow, MixedRow, PrefillRow, ProfileRow

LENGTHS = ("input_tokens", "output_tokens")
MIXED_LENGTHS = (*LENGTHS, "cached_tokens", "images", "image_tokens")
MIXED_POINT = (*MIXED_LENGTHS, "requests_per_s")


@dataclass(frozen=True)
class FoundRow:
    """A validated row and where it was found."""

    row: Any
    complaints: Complaints
    path: Path
    line: int | None = None

    def complain(self, sentence: str) -> None:
        """Note a fault at this row."""
        self.complaints.add(self.path, sentence, line=self.line)


def shape_of(row: ProfileRow) -> Shape:
    """Give the instance shape a row belongs to."""
    return Shape(row.gpu, row.gpus, row.parallelism, row.dp, row.engine, row.precision)


def group_encode(found: Sequence[FoundRow]) -> tuple[EncodeProfile, ...]:
    """Group encode rows into one profile per shape; note points that are given twice."""
    profiles = []
    for shape, rows in _by_shape(found):
        points = _distinct(rows, lambda r: (r.image_tokens,), "image_tokens")
        ordered = sorted(points, key=lambda r: r.image_tokens)
        sizes = tuple(r.image_tokens for r in ordered)
        profiles.append(EncodeProfile(shape, sizes, tuple(r.images_per_s for r in ordered), _origins(rows)))
    return tuple(profiles)


def group_prefill(found: Sequence[FoundRow]) -> tuple[PrefillProfile, ...]:
    """Group prefill rows into one profile per shape; note points that are given twice."""
    profiles = []
    for shape, rows in _by_shape(found):
        points = _distinct(rows, lambda r: (r.input_tokens,), "input_tokens")
        ordered = sorted(points, key=lambda r: r.input_tokens)
        lengths = tuple(r.input_tokens for r in ordered)
        profiles.append(PrefillProfile(shape, lengths, tuple(r.tokens_per_s for r in ordered), _origins(rows)))
    return tuple(profiles)


def group_decode(found: Sequence[FoundRow]) -> tuple[DecodeProfile, ...]:
    """Group decode rows into one profile per shape, one curve per pair of lengths."""
    profiles = []
    for shape, rows in _by_shape(found):
        points = _distinct(rows, lambda r: (r.input_tokens, r.output_tokens, r.batch), "lengths and batch")
        curves = tuple(_decode_curve(lengths, group) for lengths, group in _by_lengths(points))
        stated = [r.kv_tokens for r in points if r.kv_tokens is not None]
        profiles.append(DecodeProfile(shape, curves, min(stated, default=None), _origins(rows)))
    return tuple(profiles)


def group_mixed(found: Sequence[FoundRow]) -> tuple[MixedProfile, ...]:
    """Group mixed rows into one profile per shape, one curve per set of lengths."""
    profiles = []
    for shape, rows in _by_shape(found):
        points = _distinct(rows, lambda r: _lengths(r, MIXED_POINT), "lengths and requests_per_s")
        curves = tuple(_mixed_curve(lengths, group) for lengths, group in _by_lengths(points, MIXED_LENGTHS))
        profiles.append(MixedProfile(shape, curves, _origins(rows)))
    return tuple(profiles)


GROUPERS: dict[str, Callable[[Sequence[FoundRow]], tuple[Any, ...]]] = {
    "encode": group_encode,
    "prefill": group_prefill,
    "decode": group_decode,
    "mixed": group_mixed,
}


def _by_shape(found: Iterable[FoundRow]) -> list[tuple[Shape, list[FoundRow]]]:
    groups: dict[Shape, list[FoundRow]] = defaultdict(list)
    for item in found:
        groups[shape_of(item.row)].append(item)
    return sorted(groups.items())


def _distinct(found: Iterable[FoundRow], key: Callable[[Any], Hashable], what: str) -> list[Any]:
    """Keep each point once; an equal repetition is harmless, a differing one is a fault."""
    seen: dict[Hashable, ProfileRow] = {}
    for item in found:
        first = seen.setdefault(key(item.row), item.row)
        if _measured(first) != _measured(item.row):
            item.complain(f"measures the same point twice (equal shape, {what}) with another result; keep one")
    return list(seen.values())


def _lengths(row: ProfileRow, names: tuple[str, ...]) -> tuple[float, ...]:
    return tuple(getattr(row, name) for name in names)


def _measured(row: ProfileRow) -> tuple[float | None, ...]:
    if isinstance(row, EncodeRow):
        return (row.images_per_s,)
    if isinstance(row, PrefillRow):
        return (row.tokens_per_s,)
    if isinstance(row, DecodeRow):
        return (row.tpot_s,)
    return tuple(getattr(row, f"{m}_{s}_ms") for m in ("ttft", "tpot") for s in STATISTICS)


def _by_lengths(points: Iterable[Any], names: tuple[str, ...] = LENGTHS) -> list[tuple[tuple[float, ...], list[Any]]]:
    groups: dict[tuple[float, ...], list[Any]] = defaultdict(list)
    for row in points:
        groups[_lengths(row, names)].append(row)
    return sorted(groups.items())


def _decode_curve(lengths: tuple[float, ...], rows: list[DecodeRow]) -> DecodeCurve:
    rows = sorted(rows, key=lambda r: r.batch)
    return DecodeCurve(lengths[0], lengths[1], tuple(r.batch for r in rows), tuple(r.tpot_s for r in rows))


def _mixed_curve(lengths: tuple[float, ...], rows: list[MixedRow]) -> MixedCurve:
    rows = sorted(rows, key=lambda r: r.requests_per_s)
    latencies = {}
    for metric in ("ttft", "tpot"):
        for statistic in STATISTICS:
            values = [getattr(r, f"{metric}_{statistic}_ms") for r in rows]
            if all(value is not None for value in values):
                latencies[metric, statistic] = tuple(value / 1e3 for value in values)
    input_tokens, output_tokens, cached_tokens, images, image_tokens = lengths
    rates = tuple(r.requests_per_s for r in rows)
    return MixedCurve(input_tokens, output_tokens, cached_tokens, rates, latencies, images, image_tokens)


def _origins(found: Iterable[FoundRow]) -> tuple[Origin, ...]:
    rows = (item.row for item in found)
    return tuple(sorted({Origin(r.source, r.kind, r.date, r.engine_version) for r in rows}, key=repr))
