"""Calibrated efficiencies by GPU and role, with the errors that were found: models/roofline.csv."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pdopt.catalogue.analytic.roofline import Factors

FILE = "roofline.csv"
ANY = "any"  # the row for GPUs that nobody has profiled
COLUMNS = (
    "gpu", "role", "compute", "narrow", "memory", "link", "experts", "layer_us", "reduction_us",
    "median_error", "p90_error", "points", "llms", "date", "how",
)  # fmt: skip


@dataclass(frozen=True)
class Calibration:
    """Factors of one GPU and role, and the errors on LLMs (or GPUs) that were left out of the fit."""

    factors: Factors
    median_error: float
    p90_error: float
    date: str
    own: bool

    @property
    def words(self) -> str:
        """Where the factors come from and how far off they are, as a row's source says it."""
        basis = f"calibrated {self.date} on {'this GPU' if self.own else 'other GPUs'}"
        half, most = f"{100 * self.median_error:.0f} %", f"{100 * self.p90_error:.0f} %"
        return f"pdopt roofline, {basis}; left-out error: half within {half}, nine in ten within {most}"


def read_calibrations(file: Path) -> dict[tuple[str, str], Calibration]:
    """Read the table of factors by (gpu, role)."""
    with file.open(encoding="utf-8", newline="") as stream:
        return {(row["gpu"], row["role"]): _calibration(row) for row in csv.DictReader(stream)}


def calibration_of(table: Mapping[tuple[str, str], Calibration], gpu: str, role: str) -> Calibration:
    """Give the GPU's own calibration, or the one for any GPU."""
    return table.get((gpu, role)) or table[ANY, role]


def _calibration(row: Mapping[str, str]) -> Calibration:
    shares = {name: float(row[name]) for name in ("compute", "narrow", "memory", "link", "experts")}
    factors = Factors(**shares, layer_s=float(row["layer_us"]) / 1e6, reduction_s=float(row["reduction_us"]) / 1e6)
    return Calibration(factors, float(row["median_error"]), float(row["p90_error"]), row["date"], row["gpu"] != ANY)
