"""Queues with several servers and one line: how much they carry while few requests wait, or wait long."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, pdtr

Floats = npt.NDArray[np.float64]
HALVINGS = 60


def erlang_c(servers: Floats, load: Floats) -> Floats:
    """Give the probability that a request waits in M/M/n (Erlang's second formula, from his first).

    Parameters
    ----------
    servers : array, numbers of servers
    load : array of the same shape, mean number of busy servers, above 0 and below `servers`
    """
    with np.errstate(divide="ignore", invalid="ignore", under="ignore"):
        lost = np.exp(servers * np.log(load) - load - gammaln(servers + 1)) / pdtr(servers, load)
        return np.asarray(servers * lost / (servers - load * (1 - lost)))


def spare(servers: Floats, load: Floats) -> Floats:
    """Give ``(n - a) / C(n, a)``: the mean residual service over the mean wait (Allen and Cunneen)."""
    with np.errstate(divide="ignore", over="ignore"):
        return np.asarray((servers - load) / erlang_c(servers, load))


def most_load(servers: Floats, holds: Callable[[Floats], npt.NDArray[np.bool_]]) -> Floats:
    """Give, for each number of servers, the largest load for which a condition holds that holds below it."""
    low, high = np.zeros_like(servers), servers.copy()
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        kept = holds(middle)
        low, high = np.where(kept, middle, low), np.where(kept, high, middle)
    return low


def exceeds(servers: Floats, load: Floats, residual_s: float, service: tuple[float, float], time_s: float) -> Floats:
    """Give the probability that wait and service together take longer than a time.

    The wait is 0, or (with Erlang's probability) exponential with mean ``residual / (n - a)``; the service takes
    ``mean (1 - sqrt(cv2))`` and an exponential rest, so that mean and variance are right. Exact for M/M/n.

    Parameters
    ----------
    service : (mean, cv2), the mean in seconds
    """
    mean_s, spread = service[0], service[1] ** 0.5
    left_s = time_s - mean_s * (1 - spread)
    if left_s <= 0:
        return np.ones_like(load)
    waits, rate = erlang_c(servers, load), (servers - load) / residual_s
    if spread == 0:
        return np.asarray(waits * np.exp(-rate * left_s))
    own = 1 / (mean_s * spread)
    near = abs(own - rate) * left_s < 1e-7
    apart = np.where(near, 1.0, own - rate)
    more = np.where(
        near, own * left_s * np.exp(-own * left_s), own * (np.exp(-rate * left_s) - np.exp(-own * left_s)) / apart
    )
    return np.asarray(np.exp(-own * left_s) + waits * more)
