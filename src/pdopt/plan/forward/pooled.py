"""The queues of a pool: each with a line of its own, or all with one (pooled dispatch)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, sqrt

from pdopt.plan.forward.queue import Arrivals, mean_wait_s, sojourn_bounds_s

HALVINGS = 60


@dataclass(frozen=True)
class Queues:
    """What each queue of a pool gets of each workload, and how many queues there are.

    Attributes
    ----------
    servers : int
        Queues that share one line; 1 where each has its own.
    line : list of Arrivals
        What each of those gets: more than `each`, where a part of an instance on spot nodes does not count.
    """

    each: list[Arrivals]
    servers: int = 1
    line: list[Arrivals] | None = None

    def wait_s(self) -> float:
        """Mean wait: Pollaczek and Khinchine's of one queue, Allen and Cunneen's of several with one line."""
        alone = mean_wait_s(self.each)
        if self.servers == 1 or self.line is None:
            return alone
        busy, residual_s = _busy(self.line), _residual_s(self.line)
        if busy >= 1:
            return alone
        return min(alone, waiting(self.servers, busy) * residual_s / (1 - busy) / self.servers)

    def bounds_s(self, own: Arrivals, tail: float) -> tuple[float, float]:
        """Bounds on what all but `tail` of a workload's requests wait and are served within, as of one queue.

        With one line there is a third, and the best of the three.
        """
        alone = sojourn_bounds_s(self.each, own, tail)
        if self.servers == 1 or self.line is None or _busy(self.line) >= 1:
            return alone
        best = min(*alone, self._pooled_s(own, tail))
        return best, best

    def percentile_s(self, own: Arrivals, tail: float) -> float:
        """Give the better one of the bounds."""
        return min(self.bounds_s(own, tail))

    def _pooled_s(self, own: Arrivals, tail: float) -> float:
        """Time that wait and service exceed with probability `tail`.

        The wait is exponential with the longest mean residual over the idle servers, if there is any; the service is a
        constant and an exponential part that give its mean and variance.
        """
        assert self.line is not None
        busy = _busy(self.line)
        longest = max(a.service_s * (1 + a.cv2) / 2 for a in (*self.line, own) if a.rate_rps > 0 or a is own)
        wait_s, chance = longest / (self.servers * (1 - busy)), waiting(self.servers, busy)
        varying_s = own.service_s * sqrt(own.cv2)
        beyond = _longer_than(chance, wait_s, varying_s)
        high = wait_s + varying_s
        while beyond(high) > tail:
            high *= 2
        low = 0.0
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if beyond(middle) > tail else (low, middle)
        return own.service_s - varying_s + high


def _longer_than(chance: float, wait_s: float, varying_s: float) -> Callable[[float], float]:
    """Give the tail of an exponential service after an exponential wait that comes with some chance."""
    if abs(wait_s - varying_s) < 1e-6 * wait_s:
        varying_s = wait_s * (1 - 1e-6)  # the same to a millionth, without a case of its own

    def beyond(time_s: float) -> float:
        waited = exp(-time_s / wait_s)
        if varying_s == 0:
            return chance * waited
        served = exp(-time_s / varying_s)
        return (1 - chance) * served + chance * (wait_s * waited - varying_s * served) / (wait_s - varying_s)

    return beyond


def waiting(servers: int, busy: float) -> float:
    """Chance to wait at so many servers, each busy for a part of the time: Erlang's recursion, one server at a time."""
    lost, load = 1.0, busy * servers
    for count in range(1, servers + 1):
        lost = load * lost / (count + load * lost)
    return lost / (1 - busy * (1 - lost))


def _busy(arrivals: list[Arrivals]) -> float:
    return sum(a.rate_rps * a.service_s for a in arrivals)


def _residual_s(arrivals: list[Arrivals]) -> float:
    busy = _busy(arrivals)
    if busy == 0:
        return 0.0
    return sum(a.rate_rps * a.service_s**2 * (1 + a.cv2) for a in arrivals) / 2 / busy
