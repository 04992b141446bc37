"""Robust least squares of log(predicted / measured), with the covariance of the estimates.

Loss: 2 (sqrt(1 + z) - 1) of z = (r / C)², quadratic near zero and linear beyond C; C is 1.345 robust standard
deviations of the residuals (Huber's choice). Covariance: Huber, Robust Statistics (1981), (6.5).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares
from scipy.special import stdtrit

from pdopt.studies.calibrate.parameters import Parameter

Floats = npt.NDArray[np.float64]
Residuals = Callable[[Floats], Floats]

TUNING, TO_SIGMA = 1.345, 1.4826
FINEST, COARSEST = 0.002, 0.5  # of C: measured to the digit, and nothing fits
ROUNDS = 3
STEP = 1e-5
LEVEL = 0.95


@dataclass(frozen=True)
class Minimum:
    """Where the loss is least.

    Attributes
    ----------
    x : array, shape (parameters,)
        Logarithms of relative parameters, others as they are.
    half : array, shape (parameters,)
        Half-widths of the 95 % intervals; infinite where the data say nothing.
    correlation : array, shape (parameters, parameters)
    """

    x: Floats
    half: Floats
    correlation: Floats


def minimise(residuals: Residuals, parameters: Sequence[Parameter], starts: Sequence[Floats]) -> Minimum:
    """Find the least loss from several starts, with the scale of the loss from the residuals themselves.

    Parameters
    ----------
    residuals : callable
        Parameters (as in `Minimum.x`) to log(predicted / measured), one per observation.
    """
    scale, best = 0.1, list(starts)
    for _ in range(ROUNDS):
        x = min((_descend(residuals, parameters, start, scale) for start in best), key=lambda found: found[0])[1]
        scale = float(np.clip(TUNING * _sigma(residuals(x), len(x)), FINEST, COARSEST))
        best = [x]
    half, correlation = _spread(residuals, x, scale)
    return Minimum(x, half, correlation)


def inner(parameter: Parameter, value: float) -> float:
    """Give a value as it is fitted."""
    return float(np.log(value)) if parameter.relative else value


def outer(parameter: Parameter, x: float) -> float:
    """Give a fitted number as it is used."""
    return float(np.exp(x)) if parameter.relative else float(x)


def _descend(
    residuals: Residuals, parameters: Sequence[Parameter], start: Floats, scale: float
) -> tuple[float, Floats]:
    low = np.array([inner(p, p.low) for p in parameters])
    high = np.array([inner(p, p.high) for p in parameters])
    inside = np.clip(start, low + 1e-9 * (high - low), high - 1e-9 * (high - low))
    found = least_squares(residuals, inside, bounds=(low, high), loss="soft_l1", f_scale=scale, x_scale="jac")
    return float(found.cost), found.x


def _sigma(values: Floats, fitted: int) -> float:
    """Robust standard deviation around zero; the parameters have taken their part of it."""
    return float(TO_SIGMA * np.median(np.abs(values)) * np.sqrt(len(values) / max(len(values) - fitted, 1)))


def _spread(residuals: Residuals, x: Floats, scale: float) -> tuple[Floats, Floats]:
    count, fitted = len(residuals(x)), len(x)
    if count <= fitted:
        return np.full(fitted, np.inf), np.eye(fitted)
    slopes = _jacobian(residuals, x)
    z = (residuals(x) / scale) ** 2
    influence, curvature = residuals(x) / np.sqrt(1 + z), (1 + z) ** -1.5
    mean = float(curvature.mean())
    correction = 1 + fitted / count * float(curvature.var()) / mean**2
    variance = correction**2 * float((influence**2).sum()) / (count - fitted) / mean**2
    lengths = np.linalg.norm(slopes, axis=0)
    if not (lengths > 0).all():
        return np.where(lengths > 0, 0.0, np.inf), np.eye(fitted)
    scaled = slopes / lengths
    weak = np.linalg.cond(scaled) > 1e8
    inverse = np.linalg.pinv(scaled.T @ scaled)
    error = np.sqrt(np.diag(inverse))
    half = stdtrit(count - fitted, (1 + LEVEL) / 2) * np.sqrt(variance) * error / lengths
    return np.where(weak, np.inf, half), inverse / np.outer(error, error)


def _jacobian(residuals: Residuals, x: Floats) -> Floats:
    """Slopes of the residuals, from both sides; steps inward are not needed, the model goes on past its bounds."""
    columns = []
    for i, value in enumerate(x):
        step = np.zeros_like(x)
        step[i] = STEP * max(1.0, abs(value)) if abs(value) > STEP else STEP
        columns.append((residuals(x + step) - residuals(x - step)) / (2 * step[i]))
    return np.array(columns).T
