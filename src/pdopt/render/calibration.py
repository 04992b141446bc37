"""A calibration at a glance: parameters with intervals, errors before and after and on what was left out."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from pathlib import Path

import yaml

from pdopt.render.text import Line, number, table
from pdopt.studies.calibrate.answer import Calibrated, Calibration, Compared
from pdopt.studies.calibrate.errors import Errors
from pdopt.studies.calibrate.fit import Estimate
from pdopt.studies.calibrate.profile import settings

WORST = 4
MEANING = {
    "speed": "prefill tokens/s, times the profile's",
    "overhead": "ms of TTFT outside queue and compute",
    "variability": "prefill_service_cv2",
    "interference": "TPOT, times the profile's",
    "slope": "TPOT on top at the largest batch, as a part",
}


def calibration_lines(calibration: Calibration, to: Path | None = None) -> Iterator[Line]:
    """Give every side of a calibration, then the keys of a fleet to set."""
    for side in calibration.sides:
        yield from _side(side)
        yield ""
    yield from setting_lines(calibration, to)


def setting_lines(calibration: Calibration, to: Path | None = None) -> Iterator[str]:
    """Give the keys to set in a fleet, as YAML."""
    found = settings(calibration, to)
    for (model, setup), keys in found.items():
        what = f" for {' '.join(filter(None, (model, setup)))}" if len(found) > 1 else ""
        yield f"in the fleet{what}:"
        for key, inner in keys.items():
            yield f"  {key}: {yaml.safe_dump(inner, default_flow_style=True, width=1000).strip()}"


def _side(side: Calibrated) -> Iterator[Line]:
    yield f"{side.side}, {side.after.count} load points"
    yield table(["parameter ", "fitted", "95 % interval ", "meaning "], map(_estimate, side.fit.estimates))
    yield ""
    rows = [_errors("before the fit", "", side.before), _errors("after", "all", side.after)]
    rows += [_errors(f"left out: {test.name}", test.fitted_on, test.errors) for test in side.tests]
    if side.percentiles is not None:
        rows.append(_errors("percentiles, not fitted", "means", side.percentiles))
    yield table(["error ", "fitted on ", "mean", "worst", "points", "called overloaded"], rows)
    yield ""
    yield "fits worst: " + "; ".join(map(_point, side.worst[:WORST]))


def _estimate(estimate: Estimate) -> list[str]:
    factor = 1e3 if estimate.name == "overhead" else 1.0
    value, interval = number(estimate.value * factor), "not fitted: " + estimate.held
    if estimate.low is not None and estimate.high is not None:
        interval = f"{number(estimate.low * factor)} to {number(estimate.high * factor)}"
        interval += f" ({estimate.held})" if estimate.held else ""
    return [estimate.name, value, interval, MEANING[estimate.name]]


def _errors(name: str, fitted_on: str, errors: Errors) -> list[str]:
    overloaded = str(errors.overloaded) if errors.overloaded else ""
    return [name, fitted_on, _percent(errors.mean), _percent(errors.worst), str(errors.count), overloaded]


def _percent(part: float | None) -> str:
    return "none finite" if part is None else f"{part * 100:.1f} %"


def _point(point: Compared) -> str:
    seen = point.observation
    told = f"{number(point.after_s * 1e3)} for {number(seen.measured_s * 1e3)} ms ({point.error * 100:+.0f} %)"
    told = told if isfinite(point.after_s) else f"overloaded for {number(seen.measured_s * 1e3)} ms"
    return f"line {seen.line}, {seen.label}: {told}"
