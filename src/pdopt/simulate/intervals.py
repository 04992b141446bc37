"""What replications tell together: means with confidence intervals, and where the start no longer shows."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from pdopt.simulate.answers import Estimate

Floats = NDArray[np.float64]
BATCH = 5
MOST_REMOVED = 0.5


def estimate(values: Sequence[float], confidence: float) -> Estimate:
    """Mean over independent replications with the confidence interval of Student's t.

    Values that are not there (no request of a kind in a replication) are left out; of one the interval is a point.
    """
    from scipy.special import stdtrit

    known = np.array([value for value in values if np.isfinite(value)])
    if len(known) == 0:
        return Estimate(mean=0.0, low=0.0, high=0.0)
    mean = float(known.mean())
    if len(known) == 1:
        return Estimate(mean=mean, low=mean, high=mean)
    half = float(stdtrit(len(known) - 1, (1 + confidence) / 2) * known.std(ddof=1) / sqrt(len(known)))
    return Estimate(mean=mean, low=mean - half, high=mean + half)


def settled_from(series: Floats) -> int:
    """Give how many of the first values of a series to leave out: MSER-5 (White 1997).

    Of the means of five values each, so many are left out that the standard error of the mean of the rest is least; at
    most half of them, for few values at the end may agree by chance.
    """
    means = series[: len(series) // BATCH * BATCH].reshape(-1, BATCH).mean(axis=1)
    if len(means) < 2:
        return 0
    left = np.arange(len(means), 0, -1)
    sums, squares = (np.cumsum((means**power)[::-1])[::-1] for power in (1, 2))
    error = (squares - sums**2 / left) / left**2
    most = max(int(len(means) * MOST_REMOVED), 1)
    return int(np.argmin(error[:most])) * BATCH
