"""One measured latency at one load, in seconds, requests per second and tokens."""

from __future__ import annotations

from dataclasses import dataclass

from pdopt.fleet.profiles import Shape
from pdopt.plan.forward.batch import Points


@dataclass(frozen=True)
class Side:
    """What is fitted together: one role of one LLM, on one shape, in one setup."""

    model: str
    setup: str
    role: str
    shape: Shape

    def __str__(self) -> str:
        return " ".join(word for word in (self.model, self.setup, self.role, "on", str(self.shape)) if word)


@dataclass(frozen=True)
class Observation:
    """One latency.

    Attributes
    ----------
    label : str
        Deployment and load, for people.
    counts : str
        Instances by role (``3P4D``): what a test on another deployment leaves out.
    tail : float or None
        Of a percentile, the part of requests beyond it (p99: 0.01); None for the mean.
    load : float
        Prefill: requests per second that one queue gets. Decode: output tokens per second of one instance.
    batch : float or None
        Decode at a fixed number of requests in flight: how many of them decode on one instance (Little's law).
    service_s : float
        Prefill: service time of a request at the speed of the profile.
    curve : tuple of (batch, seconds)
        Decode: TPOT against batch of the profile, at the lengths of this point.
    """

    line: int
    label: str
    counts: str
    measured_s: float
    load: float
    tail: float | None = None
    batch: float | None = None
    service_s: float = 0.0
    curve: Points = ()

    @property
    def statistic(self) -> str:
        """Name the statistic as targets do."""
        return "mean" if self.tail is None else f"p{100 * (1 - self.tail):.0f}"
