"""What can be fitted: names, where the fit starts, and how well it must be known to be of use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import log

from pdopt.fleet.fleet import Assumptions

NAMES = ("speed", "overhead", "variability", "interference", "slope")
DEFAULT = NAMES[:4]
ROLES = {"prefill": ("speed", "overhead", "variability"), "decode": ("interference", "slope")}


@dataclass(frozen=True)
class Parameter:
    """One number of the performance model.

    Attributes
    ----------
    start : float
        What the fleet or the assumptions say, held where the data do not tell.
    useful : float
        Largest half-width of the 95 % interval at which it counts as identified, in its own unit, or as a
        logarithm where `relative`.
    relative : bool
        Whether it is a factor, fitted and judged as a logarithm.
    """

    name: str
    start: float
    low: float
    high: float
    useful: float
    relative: bool = False


@dataclass(frozen=True)
class Start:
    """What is assumed before the fit."""

    overhead_s: float = 0.0
    assumptions: Assumptions = field(default_factory=Assumptions)


def parameters_of(role: str, start: Start, lightest_s: float) -> tuple[Parameter, ...]:
    """Give the parameters of a role, the ones that may be given up first at the end.

    Parameters
    ----------
    lightest_s : float
        The smallest latency measured: no overhead is above it.
    """
    if role == "decode":
        return (
            Parameter("interference", 1.0, 0.05, 20.0, log(1.5), relative=True),
            Parameter("slope", 0.0, -0.9, 10.0, 0.5),
        )
    overhead_s = min(start.overhead_s, 0.99 * lightest_s)
    return (
        Parameter("speed", 1.0, 0.05, 20.0, log(1.5), relative=True),
        Parameter("overhead", overhead_s, 0.0, lightest_s, lightest_s / 2),
        Parameter("variability", start.assumptions.prefill_service_cv2, 0.0, 20.0, 1.0),
    )


def wanted(parameters: Iterable[Parameter], names: Iterable[str]) -> tuple[Parameter, ...]:
    """Give the parameters that somebody asks for."""
    asked = set(names)
    return tuple(parameter for parameter in parameters if parameter.name in asked)
