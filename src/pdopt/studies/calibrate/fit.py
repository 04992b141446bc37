"""Fit one side, and give up what its data do not tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import exp, isfinite, log

import numpy as np

from pdopt.studies.calibrate.observation import Observation
from pdopt.studies.calibrate.parameters import Parameter
from pdopt.studies.calibrate.robust import Floats, Minimum, inner, minimise, outer

Expect = Callable[[Observation, Mapping[str, float]], float]


@dataclass(frozen=True)
class Estimate:
    """One parameter after the fit; `low` and `high` bound its 95 % interval, None where it was held.

    `held` says why it was not fitted, or why the fit of it is of little use; empty where all is well.
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    held: str = ""

    @property
    def fitted(self) -> bool:
        """Whether the value comes from the measurements."""
        return self.low is not None


@dataclass(frozen=True)
class Fit:
    """Estimates of all parameters of a side, fitted or held."""

    estimates: tuple[Estimate, ...]

    @property
    def values(self) -> dict[str, float]:
        """Values by name."""
        return {estimate.name: estimate.value for estimate in self.estimates}


def fit(
    observations: Sequence[Observation], every: Sequence[Parameter], asked: Sequence[Parameter], expect: Expect
) -> Fit:
    """Fit the parameters asked for, and hold those that the data cannot tell, the last first.

    Parameters
    ----------
    every : sequence of Parameter
        All parameters of the side; those not asked for stay where they start.
    expect : callable
        Latency of an observation under some values, finite whatever the load.
    """
    why = {p.name: "not asked for" for p in every if p not in asked}
    free = list(asked)
    while len(free) > 1 and len(observations) <= len(free):
        why[free[-1].name] = f"{_points(observations)} cannot tell {len(free)} numbers"
        free.pop()
    while free:
        found = _minimum(observations, every, free, expect)
        dubious = [i for i, p in enumerate(free) if not found.half[i] <= p.useful]
        if not dubious or len(free) == 1:
            return _fit(every, free, found, why)
        given_up = max(dubious)
        why[free[given_up].name] = _reason(free, found, given_up)
        free.pop(given_up)
    return Fit(tuple(Estimate(p.name, p.start, held=why[p.name]) for p in every))


def _minimum(
    observations: Sequence[Observation], every: Sequence[Parameter], free: Sequence[Parameter], expect: Expect
) -> Minimum:
    measured = np.log([o.measured_s for o in observations])
    held = {p.name: p.start for p in every}

    def residuals(x: Floats) -> Floats:
        values = held | {p.name: outer(p, number) for p, number in zip(free, x, strict=True)}
        return np.log([max(expect(o, values), 1e-9) for o in observations]) - measured

    return minimise(residuals, free, [np.array(start) for start in product(*map(_starts, free))])


def _starts(parameter: Parameter) -> list[float]:
    if parameter.name in ("speed", "interference"):
        return [inner(parameter, parameter.start * factor) for factor in (1.0, 0.8, 1.25)]
    return [parameter.start if parameter.start > parameter.low else parameter.low + 0.05 * parameter.useful]


def _reason(free: Sequence[Parameter], found: Minimum, i: int) -> str:
    half = found.half[i]
    told = f"known to ±{half * 1e3:.0f} ms only" if free[i].name == "overhead" else f"known to ±{half:.3g} only"
    told = f"known to within a factor {exp(min(half, 9)):.3g} only" if free[i].relative else told
    told = told if isfinite(half) and half < log(1e6) else "the measurements do not depend on it"
    others = [j for j in range(len(free)) if j != i]
    partner = max(others, key=lambda j: abs(found.correlation[i, j]))
    if abs(found.correlation[i, partner]) > 0.9:
        told += f", for it and {free[partner].name} can take each other's place at these loads"
    return told


def _points(observations: Sequence[Observation]) -> str:
    return f"{len(observations)} load {'point' if len(observations) == 1 else 'points'}"


def _fit(every: Sequence[Parameter], free: Sequence[Parameter], found: Minimum, why: Mapping[str, str]) -> Fit:
    places = {p.name: i for i, p in enumerate(free)}
    estimates = []
    for p in every:
        if p.name not in places:
            estimates.append(Estimate(p.name, p.start, held=why[p.name]))
            continue
        x, half = found.x[places[p.name]], found.half[places[p.name]]
        low, high = (outer(p, float(end)) for end in np.clip([x - half, x + half], inner(p, p.low), inner(p, p.high)))
        x = next((end for end in (inner(p, p.low), inner(p, p.high)) if abs(x - end) < 1e-6 * p.useful), x)
        unsure = "" if half <= p.useful else _unsure(p, half)
        estimates.append(Estimate(p.name, outer(p, float(x)), low, high, unsure))
    return Fit(tuple(estimates))


def _unsure(parameter: Parameter, half: float) -> str:
    return "hardly identified: the loads measured say little of it" if isfinite(half) else "not identified"
