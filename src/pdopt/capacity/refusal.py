"""Why an instance shape cannot serve a workload."""

from __future__ import annotations

from dataclasses import dataclass

from pdopt.fleet.fleet import Target
from pdopt.fleet.profiles import Shape


class OutOfRange(Exception):  # noqa: N818 - not an error: one shape is left out, with this sentence
    """The workload lies outside what was measured; the message says where."""


class Unreachable(Exception):  # noqa: N818 - not an error: one shape is left out, with its best value
    """A target lies below what the instance attains when it has nothing else to do."""

    def __init__(self, target: Target, best_s: float):
        self.target, self.best_s = target, best_s
        name = f"{target.metric.upper()} {target.statistic}"
        super().__init__(
            f"{name} of {target.bound_s * 1e3:g} ms is out of reach, it attains {best_s * 1e3:.4g} ms at best"
        )


@dataclass(frozen=True)
class Refusal:
    """One shape on one SKU that cannot take one role for one workload.

    Attributes
    ----------
    target : Target or None
        The target that is out of reach; None when nothing was measured at the workload's lengths.
    best_s : float or None
        Best attainable value of that target's statistic, in seconds.
    """

    workload: str
    role: str
    sku: str
    shape: Shape
    sentence: str
    target: Target | None = None
    best_s: float | None = None
