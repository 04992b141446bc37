"""What simulating a plan told, and what was changed until it held."""

from __future__ import annotations

from typing import Literal

from pdopt.plan.part import Part


class Missed(Part):
    """A target that a simulation did not confirm: simulated value with its interval, in milliseconds."""

    workload: str
    target: str
    bound_ms: float
    planned_ms: float | None
    simulated_ms: float
    low_ms: float
    high_ms: float
    period: str | None = None
    scenario: str | None = None


class Round(Part):
    """One plan that was simulated.

    Attributes
    ----------
    planned_for : dict
        Workload → target → the bound it was planned for, in milliseconds, where that is tighter than asked.
    decode_load : str
        "steady" or "open", as it was planned for.
    missed : tuple of Missed
        Empty where the simulation confirms every target.
    """

    cost_per_hour: float
    instances: dict[str, str]
    planned_for: dict[str, dict[str, float]]
    decode_load: str
    missed: tuple[Missed, ...]


class Surplus(Part):
    """Instances that a pool could do without, alone, with every target still kept in simulation."""

    model: str
    role: Literal["encode", "prefill", "decode", "mixed"]
    sku: str
    gpus_per_instance: int
    instances: int
    of: int
    period: str | None = None
    scenario: str | None = None


class Validation(Part):
    """Whether a plan keeps its targets when it is simulated by events.

    Attributes
    ----------
    why_not : str or None
        Why no plan was found that does.
    rounds : tuple of Round
        Every plan that was simulated, in order; `chosen` is the index of the one that was taken.
    surplus : tuple of Surplus
        What over-provisioning is left, pool by pool, each alone.
    load : dict
        How it was simulated: arrivals, dispatch, requests, seed.
    """

    holds: bool
    why_not: str | None = None
    rounds: tuple[Round, ...]
    chosen: int
    surplus: tuple[Surplus, ...] = ()
    load: dict[str, str | int | float]

    @property
    def extra_per_hour(self) -> float:
        """Dollars per hour beyond the first plan, which the formulas alone would have given."""
        return self.rounds[self.chosen].cost_per_hour - self.rounds[0].cost_per_hour
