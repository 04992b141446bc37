"""What the cost is weighed against: the fleet as it is at one value of it, and the least value at a cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import inf, sqrt
from typing import Protocol

from pdopt.fleet.changes import Change, slo_key, with_changes
from pdopt.fleet.fleet import Fleet, Target
from pdopt.solving.longer_targets import up
from pdopt.solving.nearby import Columns, Program, least_power, power_kw, program_of, routed


class Axis(Protocol):
    """What the cost is weighed against: the more of it is allowed, the cheaper.

    Attributes
    ----------
    tolerance : float
        Part of a value that is not told apart.
    """

    @property
    def tolerance(self) -> float:
        """Part of a value that is not told apart."""

    def program(self, at: float) -> Program | None:
        """Give the program that allows so much; None where nothing can serve the fleet then."""

    def words(self, at: float) -> str:
        """Say a value."""

    def least(self, columns: Columns, cost: float, span: tuple[float, float]) -> Least:
        """Give the least that a plan of this cost is found to need, above the first of two values, up to the second."""


@dataclass(frozen=True)
class Least:
    """The least of the axis that some plan needs, with its solution, and whether no plan as cheap needs less."""

    at: float
    columns: Columns
    of_all: bool


@dataclass(frozen=True)
class Latency:
    """All targets of some workloads on some metrics, as factors of what is stated."""

    fleet: Fleet
    targets: tuple[tuple[str, Target], ...]
    tolerance: float = 1e-3

    def at_ms(self, at: float) -> dict[tuple[str, str], float]:
        """Give (workload, target) → milliseconds, rounded up so that what is printed can be attained."""
        return {(name, slo_key(target)): up(target.bound_s * 1e3 * at) for name, target in self.targets}

    def program(self, at: float) -> Program | None:
        """Give the program at targets that many times as long."""
        changes = (Change(("workloads", *key[:1], "slo", key[1]), ms) for key, ms in self.at_ms(at).items())
        return program_of(with_changes(self.fleet, changes))

    def words(self, at: float) -> str:
        """Say how long the targets are."""
        if len(self.targets) == 1:
            ((name, key), ms) = next(iter(self.at_ms(at).items()))
            return f"{name} {key.removesuffix('_ms')} of {ms:g} ms"
        return f"targets {at:.4g} times as long"

    def least(self, columns: Columns, cost: float, span: tuple[float, float]) -> Least:
        """Give the shortest targets that the counts of a solution permit, to a quarter of the tolerance."""
        low, high = span
        while high / low > 1 + self.tolerance / 4:
            middle = sqrt(low * high)
            shorter = self.program(middle)
            found = None if shorter is None else routed(shorter, columns)
            low, high, columns = (middle, high, columns) if found is None else (low, middle, found)
        return Least(high, columns, of_all=False)


@dataclass(frozen=True)
class Power:
    """The kilowatts that all nodes held draw when most are held."""

    fleet: Fleet
    time_limit_s: float | None
    tolerance: float = 1e-6

    def program(self, at: float) -> Program | None:
        """Give the program with so many kilowatts; with any, if infinite."""
        limit_kw = at if at < inf else None
        return program_of(replace(self.fleet, limits=replace(self.fleet.limits, power_kw=limit_kw)))

    def words(self, at: float) -> str:
        """Say how many kilowatts there are."""
        return f"{at:.6g} kW" if at < inf else "no limit on power"

    def least(self, columns: Columns, cost: float, span: tuple[float, float]) -> Least:
        """Give the fewest kilowatts of all plans that cost no more."""
        within = self.program(span[1])
        assert within is not None
        within = self.program(power_kw(within, columns))
        assert within is not None
        outcome = least_power(within, cost, self.time_limit_s, columns)
        found = columns if outcome.values is None else within.columns(outcome.values)
        return Least(power_kw(within, found), found, of_all=outcome.status == "optimal")


def targets_of(fleet: Fleet, metrics: Iterable[str], names: Iterable[str]) -> tuple[tuple[str, Target], ...]:
    """Give the targets of some workloads on some metrics."""
    kept = tuple(metrics)
    return tuple((name, target) for name in names for target in fleet.workloads[name].targets if target.metric in kept)
