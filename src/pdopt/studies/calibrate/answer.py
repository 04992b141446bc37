"""The typed answer of a calibration."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from pdopt.fleet.profiles import DecodeProfile, PrefillProfile
from pdopt.studies.calibrate.errors import Errors, Test
from pdopt.studies.calibrate.fit import Estimate, Fit
from pdopt.studies.calibrate.observation import Observation, Side


@dataclass(frozen=True)
class Compared:
    """One observation beside its predictions, in seconds (infinite: overloaded); `fitted` whether it was fitted."""

    observation: Observation
    before_s: float
    after_s: float
    fitted: bool

    @property
    def error(self) -> float:
        """Predicted over measured, less 1, after the fit."""
        return self.after_s / self.observation.measured_s - 1


@dataclass(frozen=True)
class Calibrated:
    """One side after its fit.

    Attributes
    ----------
    before, after : Errors
        On the observations that were fitted.
    tests : tuple of Test
        On observations that were left out of the fit.
    percentiles : Errors or None
        On percentiles measured beside a mean, which were not fitted.
    """

    side: Side
    base: PrefillProfile | DecodeProfile
    fit: Fit
    before: Errors
    after: Errors
    tests: tuple[Test, ...]
    points: tuple[Compared, ...]
    percentiles: Errors | None = None

    @property
    def worst(self) -> list[Compared]:
        """Points by the size of their error, the largest first."""
        return sorted(self.points, key=lambda point: -abs(point.error))

    def to_dict(self) -> dict[str, Any]:
        """Give plain values for JSON; infinite latencies are null."""
        shape = {"gpu": self.side.shape.gpu, "gpus": self.side.shape.gpus, "parallelism": self.side.shape.parallelism}
        return {
            "model": self.side.model,
            "setup": self.side.setup,
            "role": self.side.role,
            **shape,
            "parameters": [_estimate(estimate) for estimate in self.fit.estimates],
            "errors": {"before": asdict(self.before), "after": asdict(self.after)},
            "out_of_sample": [
                {"left_out": test.name, "fitted_on": test.fitted_on, **asdict(test.errors)} for test in self.tests
            ],
            "percentiles": None if self.percentiles is None else asdict(self.percentiles),
            "points": [_point(point) for point in self.points],
        }


@dataclass(frozen=True)
class Calibration:
    """All sides of a file of measurements."""

    sides: tuple[Calibrated, ...]
    decode_load: str = "steady"
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give plain values for JSON."""
        return {"sides": [side.to_dict() for side in self.sides], "notes": list(self.notes)}


UNITS = {"overhead": ("overhead_ms", 1e3)}


def _estimate(estimate: Estimate) -> dict[str, Any]:
    name, factor = UNITS.get(estimate.name, (estimate.name, 1.0))
    ends = [None if end is None else end * factor for end in (estimate.low, estimate.high)]
    return {
        "name": name,
        "value": estimate.value * factor,
        "low": ends[0],
        "high": ends[1],
        "fitted": estimate.fitted,
        "why": estimate.held,
    }


def _point(point: Compared) -> dict[str, Any]:
    seen = point.observation
    before, after = (1e3 * s if isfinite(s) else None for s in (point.before_s, point.after_s))
    return {
        "line": seen.line,
        "at": seen.label,
        "statistic": seen.statistic,
        "measured_ms": seen.measured_s * 1e3,
        "before_ms": before,
        "after_ms": after,
        "error": point.error if isfinite(point.error) else None,
        "fitted": point.fitted,
    }
