"""What is measured: the sizes from S to XL, and one thing growing at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from benchmarks.scale.measure import Point, measured
from benchmarks.scale.sizes import SIZES

LIMITS_S = {"S": 10.0, "M-day": 120.0, "L-day": 300.0, "XL-day": 300.0}
USUAL_LIMIT_S = 60.0
GROWING = {  # beside 10 LLMs on 10 SKUs in 1 period, one to three workloads each
    "LLMs": [Point(n, 10) for n in (1, 3, 10, 30, 100, 300, 1000)],
    "SKUs": [Point(30, n) for n in (4, 8, 12)],
    "periods": [Point(10, 10, n) for n in (1, 6, 24, 72, 168)],
    "workloads of each LLM": [Point(10, 10, workloads=n) for n in (1, 2, 5, 10, 20, 40)],
}


def size_rows(names: list[str] | None = None, most_s: float = 1e9) -> Iterator[dict[str, object]]:
    """Measure the sizes."""
    for name in names or list(SIZES):
        size = SIZES[name]
        limit_s = min(LIMITS_S.get(name, USUAL_LIMIT_S), most_s)
        point = Point(size.llms, size.skus, size.periods, tight=size.tight, seed=size.seed, limit_s=limit_s)
        yield {"size": name, **measured(point)}


def growth_rows(limit_s: float, largest: int | None = None) -> Iterator[dict[str, object]]:
    """Measure growth, until a step does not end; the solver has the same seconds everywhere."""
    for axis, points in GROWING.items():
        for point in points[:largest]:
            found = measured(replace(point, limit_s=limit_s))
            yield {"axis": axis, "number": _number(axis, point), **found}
            if "stopped" in found:
                break


def _number(axis: str, point: Point) -> int:
    return {
        "LLMs": point.llms,
        "SKUs": point.skus,
        "periods": point.periods,
        "workloads of each LLM": point.workloads,
    }[axis]
