"""What the cost is weighed against: the fleet as it is at one value of it, and the least value at a cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from math import inf

from pdopt.fleet.changes import Change, slo_key, with_changes
from pdopt.fleet.fleet import Fleet, Target
from pdopt.plan.plan import Plan
from pdopt.solving.longer_targets import up
from pdopt.solving.nearby import Columns, Program, least_power, power_kw, program_of, routed
from pdopt.studies.frontier.shortest import shortest

CERTAIN = 1 - 1e-9
KEPT = 4  # programs: the same one is asked for several times in a row


@dataclass(frozen=True)
class Least:
    """The least of the axis that some plan needs, with its solution, and whether no plan as cheap needs less."""

    at: float
    columns: Columns
    of_all: bool


@dataclass(frozen=True)
class Latency:
    """Targets of some workloads, all by one factor on what is stated: the longer, the cheaper.

    Attributes
    ----------
    targets : tuple of (workload, Target)
    tolerance : float
        Part of a factor that is not told apart.
    """

    fleet: Fleet
    targets: tuple[tuple[str, Target], ...]
    tolerance: float = 1e-3
    today: float = 1.0
    _made: dict[float, Program | None] = field(default_factory=dict, repr=False)

    @property
    def unit(self) -> str:
        """What values are told in."""
        return "ms" if len(self.targets) == 1 else "%"

    def value(self, at: float) -> float:
        """Tell a factor: the target itself where there is one, else per cent of today's."""
        return next(iter(self.targets_ms(at).values())) if self.unit == "ms" else up(at * 100)

    def targets_ms(self, at: float) -> dict[tuple[str, str], float]:
        """Give (workload, target) → milliseconds, rounded up so that what is printed can be attained."""
        return {(name, slo_key(target)): up(target.bound_s * 1e3 * at) for name, target in self.targets}

    def words(self, at: float) -> str:
        """Say how long the targets are."""
        if self.unit == "%":
            return f"targets {at:.4g} times as long"
        ((name, key), ms) = next(iter(self.targets_ms(at).items()))
        return f"{name} {key.removesuffix('_ms')} of {ms:g} ms"

    def fleet_at(self, at: float) -> Fleet:
        """Give the fleet with targets that many times as long."""
        changes = (Change(("workloads", name, "slo", key), ms) for (name, key), ms in self.targets_ms(at).items())
        return with_changes(self.fleet, changes)

    def program(self, at: float) -> Program | None:
        """Give the program of that fleet; None where a target is out of reach of everything."""
        if at not in self._made:
            while len(self._made) >= KEPT:
                del self._made[next(iter(self._made))]
            self._made[at] = program_of(self.fleet_at(at))
        return self._made[at]

    def least(self, columns: Columns, cost: float, span: tuple[float, float]) -> Least:
        """Give the shortest targets that the counts of a solution permit, to a quarter of the tolerance."""
        at, found = shortest(self.program, columns, span, self.tolerance / 4)
        return Least(at, found, of_all=False)

    def attained(self, at: float, columns: Columns, plan: Plan) -> Least | None:
        """Give exactly the targets that a plan attains, where its counts need no more in the program either."""
        promised = {promise.name: promise for promise in plan.workloads}
        seen = [
            (getattr(promised[name], slo_key(target)) or 0.0) / (target.bound_s * 1e3) for name, target in self.targets
        ]
        least = max(seen, default=at)
        shorter = self.program(least) if 0 < least < at * CERTAIN else None
        found = None if shorter is None else routed(shorter, columns)
        return None if found is None else Least(least, found, of_all=False)


@dataclass(frozen=True)
class Power:
    """The kilowatts that all nodes held draw at full load, when most are held: the more, the cheaper."""

    fleet: Fleet
    time_limit_s: float | None
    tolerance: float = 1e-6
    unit: str = "kW"

    @property
    def today(self) -> float | None:
        """The limit of the fleet."""
        return self.fleet.limits.power_kw

    def value(self, at: float) -> float:
        """Tell kilowatts."""
        return round(at, 9)

    def targets_ms(self, at: float) -> dict[tuple[str, str], float]:
        """Give the targets that vary: none."""
        return {}

    def words(self, at: float) -> str:
        """Say how many kilowatts there are."""
        return f"{at:.6g} kW" if at < inf else "no limit on power"

    def fleet_at(self, at: float) -> Fleet:
        """Give the fleet with so many kilowatts; with any, if infinite."""
        return replace(self.fleet, limits=replace(self.fleet.limits, power_kw=at if at < inf else None))

    def program(self, at: float) -> Program | None:
        """Give the program of that fleet; None where nothing can serve it."""
        return program_of(self.fleet_at(at))

    def least(self, columns: Columns, cost: float, span: tuple[float, float]) -> Least:
        """Give the fewest kilowatts of all plans that cost no more."""
        within = self.program(span[1])
        assert within is not None
        within = self.program(power_kw(within, columns))
        assert within is not None
        outcome = least_power(within, cost, self.time_limit_s, columns)
        found = columns if outcome.values is None else within.columns(outcome.values)
        return Least(power_kw(within, found), found, of_all=outcome.status == "optimal")

    def attained(self, at: float, columns: Columns, plan: Plan) -> Least | None:
        """Give nothing: kilowatts are exact already."""
        return None

    def fewest_kw(self, at: float, columns: Columns) -> float:
        """Give the fewest kilowatts of all plans, whatever they cost."""
        return self.least(columns, inf, (0.0, at)).at


Axis = Latency | Power


def targets_of(fleet: Fleet, metrics: Iterable[str], names: Iterable[str]) -> tuple[tuple[str, Target], ...]:
    """Give the targets of some workloads on some metrics."""
    kept = tuple(metrics)
    return tuple((name, target) for name in names for target in fleet.workloads[name].targets if target.metric in kept)
