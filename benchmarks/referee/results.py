"""The two tables that a run leaves: what was planned, and what the referee saw."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.referee.cases import HERE

PLANS, REPLAYS, DECODE, ABOUT = (HERE / f"{name}.csv" for name in ("plans", "replays", "decode", "about"))

Row = TypeVar("Row", "Planned", "Replayed", "Decoded", "About")


@dataclass(frozen=True)
class Planned:
    """What pdopt plans under some assumptions, and predicts; milliseconds."""

    case: str
    profile: str
    assumptions: str
    statistic: str
    status: str
    deployment: str = ""
    gpus: int = 0
    usd_per_hour: float = 0.0
    ttft_mean_ms: float = 0.0
    ttft_p99_ms: float = 0.0
    tpot_mean_ms: float = 0.0
    tpot_p99_ms: float = 0.0


@dataclass(frozen=True)
class Replayed:
    """What the referee saw of a deployment; milliseconds. `least` and `most` are the p99 of single seeds."""

    case: str
    deployment: str
    gpus: int
    seeds: int
    requests: int
    ttft_mean_ms: float
    ttft_p99_ms: float
    ttft_p99_least_ms: float
    ttft_p99_most_ms: float
    tpot_mean_ms: float
    tpot_p99_ms: float
    tpot_p99_least_ms: float
    tpot_p99_most_ms: float


@dataclass(frozen=True)
class Decoded:
    """TPOT of a deployment with one decode group by two formulas, in milliseconds: open arrivals, balanced batches."""

    case: str
    deployment: str
    profile: str
    open_mean_ms: float
    open_p99_ms: float
    balanced_mean_ms: float
    balanced_p99_ms: float


@dataclass(frozen=True)
class About:
    """When and with what the referee was asked."""

    date: str
    aisimulate: str
    pdopt: str


def write(file: Path, rows: Sequence[Row]) -> None:
    """Write a table, numbers with six digits."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, [field.name for field in fields(rows[0])], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({key: f"{v:.6g}" if isinstance(v, float) else v for key, v in asdict(row).items()})


def read(file: Path, kind: type[Row]) -> list[Row]:
    """Read a table back."""
    readers: dict[str, Any] = {"int": int, "float": float, "str": str}
    with file.open(encoding="utf-8", newline="") as stream:
        return [
            kind(**{field.name: readers[str(field.type)](row[field.name]) for field in fields(kind)})
            for row in csv.DictReader(stream)
        ]


def of_case(rows: Iterable[Row], case: str) -> list[Row]:
    """Give the rows of one case."""
    return [row for row in rows if row.case == case]  # type: ignore[union-attr]
