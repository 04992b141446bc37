"""The arrivals of a trace: rates over windows, burstiness, silent gaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pdopt.traces.requests import Floats

MINUTE_S, FIVE_MINUTES_S = 60.0, 300.0
SILENT_S = 60.0
SILENT_MEAN_GAPS = 20.0  # Poisson arrivals leave a gap this long once in half a billion
COARSE_S = 0.5
COARSE_SHARING = 1.5


@dataclass(frozen=True)
class Silence:
    """A gap without arrivals that its rate does not explain."""

    from_s: float
    seconds: float


def window_rates(arrival_s: Floats, window_s: float) -> Floats:
    """Give requests per second in consecutive windows from the first arrival on, without a last incomplete one.

    A trace shorter than the window gives its mean rate.
    """
    span_s = float(arrival_s[-1])
    windows = int(span_s // window_s)
    if windows == 0:
        return np.array([len(arrival_s) / span_s])
    counts = np.bincount((arrival_s // window_s).astype(np.int64), minlength=windows)[:windows]
    return np.asarray(counts / window_s)


def dispersion(arrival_s: Floats, window_s: float = MINUTE_S) -> float | None:
    """Give variance over mean of the requests per window: 1 for Poisson arrivals; None below two windows."""
    counts = window_rates(arrival_s, window_s) * window_s
    if arrival_s[-1] < 2 * window_s:
        return None
    return float(np.var(counts, ddof=1) / np.mean(counts))


def tick_s(arrival_s: Floats) -> float | None:
    """Give the step of a coarse clock: several requests at one time and half a second or more between times."""
    steps = np.diff(arrival_s)
    between = steps[steps > 0]
    if len(arrival_s) < COARSE_SHARING * (len(between) + 1):
        return None
    step = float(np.median(between))
    return step if step >= COARSE_S else None


def spread(arrival_s: Floats, tick: float) -> Floats:
    """Spread the requests of each time of a coarse clock evenly over one tick, at most up to the next time."""
    times, first, counts = np.unique(arrival_s, return_index=True, return_counts=True)
    room = np.minimum(np.append(np.diff(times), tick), tick)
    within = (np.arange(len(arrival_s)) - np.repeat(first, counts)) / np.repeat(counts, counts)
    return np.asarray(arrival_s + within * np.repeat(room, counts))


def gap_cv(arrival_s: Floats) -> float:
    """Give the coefficient of variation of the gaps between arrivals: 1 for Poisson arrivals."""
    gaps = np.diff(arrival_s)
    return float(np.std(gaps) / np.mean(gaps))


def silences(arrival_s: Floats) -> list[Silence]:
    """List the gaps of a minute or more that are twenty times the mean gap or more."""
    gaps = np.diff(arrival_s)
    long = np.flatnonzero(gaps >= max(SILENT_S, SILENT_MEAN_GAPS * float(np.mean(gaps))))
    return [Silence(float(arrival_s[i]), float(gaps[i])) for i in long]
