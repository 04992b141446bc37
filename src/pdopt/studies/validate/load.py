"""How a plan was loaded when it was simulated, in a few words for its reader."""

from __future__ import annotations

from pdopt.simulate.answers import Simulation

TOLD = ("arrivals", "dispatch", "requests", "replications", "seed", "confidence")


def load_of(simulation: Simulation) -> dict[str, str | int | float]:
    """Give the settings that anybody who repeats a simulation must know."""
    return {key: simulation.settings[key] for key in TOLD}
