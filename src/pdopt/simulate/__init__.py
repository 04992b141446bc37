"""Discrete events: does a plan keep what it promises? Shares no arithmetic with what it checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pdopt.simulate.settings import Failures, Lengths, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pdopt.fleet.fleet import Fleet
    from pdopt.plan.plan import Plan
    from pdopt.simulate.answers import Simulation
    from pdopt.traces.requests import Requests

DEFAULT = Settings()

__all__ = ["Failures", "Lengths", "Settings", "simulate"]


def simulate(
    fleet: Fleet,
    plan: Plan,
    settings: Settings = DEFAULT,
    traces: Mapping[str, Requests] | None = None,
    tell: Callable[[str], None] = lambda words: None,
    **more: Any,
) -> Simulation:
    """Simulate what a plan promises; see `pdopt.simulate.by_events`, which is imported when this is called."""
    from pdopt.simulate.by_events import by_events

    return by_events(fleet, plan, settings, traces, tell, **more)
