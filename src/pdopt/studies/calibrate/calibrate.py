"""Calibrate: read load points, fit every side, test every fit on what it has not seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from pdopt.studies.calibrate.answer import Calibrated, Calibration, Compared
from pdopt.studies.calibrate.bases import Bases
from pdopt.studies.calibrate.errors import Predict, errors_of, tests
from pdopt.studies.calibrate.fit import Expect, Fit, fit
from pdopt.studies.calibrate.forward import tpot_on_s, tpot_s, ttft_on_s, ttft_s
from pdopt.studies.calibrate.observation import Observation, Side
from pdopt.studies.calibrate.parameters import DEFAULT, Parameter, Start, parameters_of, wanted
from pdopt.studies.calibrate.reading import Read, read_load_points


def calibrate(file: Path, bases: Bases, start: Start = Start(), names: Iterable[str] = DEFAULT) -> Calibration:  # noqa: B008
    """Fit the performance model to measurements.

    Parameters
    ----------
    file : pathlib.Path
        CSV of load points (docs/calibration.md).
    names : iterable of str
        What to fit: "speed", "overhead", "variability" of prefill, "interference", "slope" of decode.

    Raises
    ------
    FleetFaults
        Every fault of the file.
    """
    read = read_load_points(file, bases)
    asked = tuple(names)
    sides = tuple(_calibrated(side, read, start, asked) for side in sorted(read.fitted, key=str))
    return Calibration(sides, start.assumptions.decode_load, tuple(read.notes))


def _calibrated(side: Side, read: Read, start: Start, names: Sequence[str]) -> Calibrated:
    seen = read.fitted[side]
    before = {p.name: p.start for p in parameters_of(side.role, start, float("inf"))}
    expect, predict = _model(side.role, start.assumptions.decode_load)
    refit = partial(_refit, role=side.role, start=start, names=names, expect=expect)
    found = refit(seen)
    compare = partial(_compare, before=before, fit=found, predict=predict)
    points = [*(compare(o, True) for o in seen), *(compare(o, False) for o in read.compared.get(side, ()))]
    others = [point for point in points if not point.fitted]
    return Calibrated(
        side,
        read.bases[side],
        found,
        before=errors_of(seen, [predict(o, before) for o in seen]),
        after=errors_of(seen, [predict(o, found.values) for o in seen]),
        tests=tuple(tests(seen, refit, predict)),
        points=tuple(points),
        percentiles=errors_of([p.observation for p in others], [p.after_s for p in others]) if others else None,
    )


def _model(role: str, decode_load: str) -> tuple[Expect, Predict]:
    if role == "prefill":
        return ttft_on_s, ttft_s
    return partial(tpot_on_s, decode_load=decode_load), partial(tpot_s, decode_load=decode_load)


def _refit(seen: Sequence[Observation], role: str, start: Start, names: Sequence[str], expect: Expect) -> Fit:
    every: tuple[Parameter, ...] = parameters_of(role, start, min(o.measured_s for o in seen))
    return fit(seen, every, wanted(every, names), expect)


def _compare(seen: Observation, fitted: bool, before: Mapping[str, float], fit: Fit, predict: Predict) -> Compared:
    return Compared(seen, predict(seen, before), predict(seen, fit.values), fitted)
