"""What only a set of runs shows: where a sweep passed its peak, and which prefill run was the busiest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import median_low

from pdopt.catalogue.measured.lengths import WITHIN, distance
from pdopt.catalogue.measured.rows import Point

SHAPE = ("gpu", "gpus", "parallelism", "dp", "engine", "precision")


def past_peak(point: Point, points: Iterable[Point]) -> str | None:
    """Say so if fewer requests in flight were carried at least as fast: the rest only waited longer."""
    if point.role != "mixed" or not _closed(point):
        return None
    mine, rate = point.measurement.concurrency or 0.0, point.measurement.request_rps or 0.0
    for other in points:
        theirs, carried = other.measurement.concurrency or 0.0, other.measurement.request_rps or 0.0
        if _closed(other) and theirs < mine and carried >= rate and _same_curve(point, other):
            return (
                f"past its peak: {theirs:g} in flight carried {carried:.4g} requests/s and {mine:g} only {rate:.4g}, "
                "so the others waited; lighter loads are enough"
            )
    return None


def busiest(points: Sequence[Point]) -> list[Point]:
    """Of several prefill runs at one length keep one: at the heaviest load, the middle one of its repetitions.

    Rows given as they stand are no runs, and all of them stay.
    """
    kept = [point for point in points if point.measurement.phase == "given"]
    runs = [point for point in points if point.measurement.phase != "given"]
    for group in _grouped(runs, lambda point: (*_shape(point), point.row["input_tokens"])):
        heaviest = [point for point in group if point.load == max(other.load for other in group)]
        middle = median_low(float(point.row["tokens_per_s"]) for point in heaviest)
        kept.append(next(point for point in heaviest if float(point.row["tokens_per_s"]) == middle))
    return kept


def _grouped(points: Iterable[Point], key: Callable[[Point], tuple[str, ...]]) -> list[list[Point]]:
    groups: dict[tuple[str, ...], list[Point]] = {}
    for point in points:
        groups.setdefault(key(point), []).append(point)
    return list(groups.values())


def _closed(point: Point) -> bool:
    return point.measurement.phase == "served" and point.measurement.rate_rps is None


def _shape(point: Point) -> tuple[str, ...]:
    return tuple(point.row.get(name, "") for name in SHAPE)


def _same_curve(one: Point, other: Point) -> bool:
    lengths = [(p.measurement.isl or 0.0, p.measurement.osl or 0.0) for p in (one, other)]
    return one.role == other.role and _shape(one) == _shape(other) and distance(*lengths) <= WITHIN
