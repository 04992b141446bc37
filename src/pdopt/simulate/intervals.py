"""What replications tell together: means with confidence intervals."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np

from pdopt.simulate.answers import Estimate


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
