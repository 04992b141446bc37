"""How far predictions are from measurements, on what was fitted and on what was not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from pdopt.studies.calibrate.fit import Fit
from pdopt.studies.calibrate.observation import Observation

Predict = Callable[[Observation, Mapping[str, float]], float]
Refit = Callable[[Sequence[Observation]], Fit]
FEWEST = 2
MOST_FOLDS = 12


@dataclass(frozen=True)
class Errors:
    """Errors |predicted / measured - 1| of several observations.

    Attributes
    ----------
    mean, worst : float or None
        Over those with a finite prediction; None if there is none.
    overloaded : int
        Observations that the prediction calls overloaded (infinite latency); not part of `mean`.
    """

    count: int
    mean: float | None
    worst: float | None
    overloaded: int


@dataclass(frozen=True)
class Test:
    """One test on what was not fitted: how the observations were parted, and the errors on those left out."""

    name: str
    fitted_on: str
    errors: Errors


def errors_of(observations: Sequence[Observation], predictions: Sequence[float]) -> Errors:
    """Compare predictions with measurements."""
    found = [abs(p / o.measured_s - 1) for o, p in zip(observations, predictions, strict=True) if isfinite(p)]
    mean = sum(found) / len(found) if found else None
    return Errors(len(observations), mean, max(found, default=None), len(observations) - len(found))


def tests(observations: Sequence[Observation], refit: Refit, predict: Predict) -> Iterator[Test]:
    """Yield every test that the observations allow; all decisions of the fit are taken again in each part."""
    ordered = sorted(observations, key=lambda o: (o.load, o.line))
    for name, fitted_on, parts in _partings(ordered):
        left_out: list[Observation] = []
        predictions: list[float] = []
        for kept, rest in parts:
            values = refit(kept).values
            left_out += rest
            predictions += [predict(o, values) for o in rest]
        yield Test(name, fitted_on, errors_of(left_out, predictions))


Parts = list[tuple[list[Observation], list[Observation]]]


def _partings(ordered: list[Observation]) -> Iterator[tuple[str, str, Parts]]:
    odd, even, half = ordered[::2], ordered[1::2], (len(ordered) + 1) // 2
    if len(even) >= FEWEST:
        yield "every other load", "one half, the other predicted; both ways", [(odd, even), (even, odd)]
        yield "heavier loads", f"the {half} lightest", [(ordered[:half], ordered[half:])]
    if len(ordered) > FEWEST:
        folds = min(len(ordered), MOST_FOLDS)
        parts = [
            ([o for i, o in enumerate(ordered) if i % folds != fold], ordered[fold::folds]) for fold in range(folds)
        ]
        yield "each point" if folds == len(ordered) else f"each of {folds} parts", "all others", parts
    counts = sorted({o.counts for o in ordered})
    for left in counts if len(counts) > 1 else ():
        kept, rest = ([o for o in ordered if (o.counts == left) is there] for there in (False, True))
        if len(kept) >= FEWEST:
            yield left, " and ".join(c for c in counts if c != left), [(kept, rest)]
