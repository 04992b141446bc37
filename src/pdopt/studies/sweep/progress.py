"""How far a sweep is, and how long it still takes."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from time import monotonic

from pdopt.studies.sweep.outcome import BROKEN, FAILED, SOLVED, Row

RECENT, FEWEST = 200, 4  # finished scenarios that the speed is told from


class Progress:
    """Counts finished scenarios.

    Parameters
    ----------
    total : int
        All scenarios.
    before : int
        Those that were finished when this run began.
    """

    def __init__(self, total: int, before: int, clock: Callable[[], float] = monotonic):
        self.total, self.done, self._clock = total, before, clock
        self._times: deque[float] = deque(maxlen=RECENT)
        self._statuses: Counter[str] = Counter()

    def saw(self, row: Row) -> None:
        """Count a finished scenario."""
        self.done += 1
        self._times.append(self._clock())
        self._statuses[row["status"]] += 1

    def per_s(self) -> float | None:
        """Scenarios per second of late, None before there is anything to tell it from."""
        if len(self._times) < FEWEST:
            return None  # the first come late: workers start with them
        spent = self._times[-1] - self._times[0]
        return (len(self._times) - 1) / spent if spent > 0 else None

    def left_s(self) -> float | None:
        """Seconds until all are finished, at the speed of late."""
        speed = self.per_s()
        return None if speed is None else (self.total - self.done) / speed

    def words(self) -> str:
        """Say it in a line."""
        parts = [f"{self.done:,} of {self.total:,} scenarios"]
        if (speed := self.per_s()) is not None and (left := self.left_s()) is not None:
            parts += [f"{speed:.3g} a second", f"{_duration(left)} left"]
        not_solved = {s: n for s, n in self._statuses.items() if s not in SOLVED}
        worst_last = sorted(not_solved, key=lambda status: status in (BROKEN, FAILED))
        return ", ".join(parts) + "".join(f", {not_solved[status]} {status}" for status in worst_last)


def _duration(seconds: float) -> str:
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02d} min"
