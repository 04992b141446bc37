"""Whether changes of a fleet make a plan possible: asked by solving the changed fleet, within a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import perf_counter

from pdopt.fleet.changes import Change, with_changes
from pdopt.fleet.fleet import Fleet

Possible = Callable[[Fleet, float], bool | None]  # fleet and seconds → whether there is a plan, None: not known
TIME = "time ran out"
SECONDS = 20.0  # for all remedies of a fleet together
SECONDS_EACH = 5.0


class Verifier:
    """Solves changed fleets until its time is over.

    Parameters
    ----------
    fleet : Fleet
        The fleet that has no plan.
    possible : function
    seconds : float
        For all questions together.
    """

    def __init__(self, fleet: Fleet, possible: Possible, seconds: float):
        self.fleet = fleet
        self._possible = possible
        self._end = perf_counter() + seconds
        self._known: dict[frozenset[Change], bool] = {}

    def works(self, changes: Iterable[Change]) -> bool | None:
        """Whether the fleet with these changes has a plan; None when the time ran out before that was known."""
        wanted = tuple(changes)
        key = frozenset(wanted)
        if key in self._known:
            return self._known[key]
        left = self._end - perf_counter()
        if left <= 0:
            return None
        found = self._possible(with_changes(self.fleet, wanted), min(left, SECONDS_EACH))
        if found is not None:
            self._known[key] = found
        return found


def smallest(works: Callable[[int], bool | None], low: int, high: int) -> tuple[int, bool]:
    """Find by bisection the smallest step that works, between one that does not and one that does.

    Returns
    -------
    step : int
        It works; the one before does not, if
    proven : bool
        no step was left unknown.
    """
    proven = True
    while high - low > 1:
        middle = (low + high) // 2
        worked = works(middle)
        low, high = (low, middle) if worked else (middle, high)
        proven = proven and worked is not None
    return high, proven
