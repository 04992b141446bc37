"""The conditions under which the promises of a plan are looked at."""

from __future__ import annotations

from dataclasses import dataclass, field

from pdopt.fleet.fleet import Fleet

RATE_TOLERANCE = 1e-7  # of the rates: what a solver's feasibility tolerance may leave
TIME_TOLERANCE = 1e-6  # of the targets


@dataclass(frozen=True)
class Conditions:
    """How the world differs from what the fleet states: factors on demand and on the time instances take.

    `slack` is the part of every rate that a solver's tolerance may have put too much.
    """

    demand: dict[str, float] = field(default_factory=dict)
    all_demand: float = 1.0
    prefill_slower: float = 1.0
    decode_slower: float = 1.0
    mixed_slower: float = 1.0
    encode_slower: float = 1.0
    slack: float = RATE_TOLERANCE


AS_STATED = Conditions()


def with_margins_used_up(fleet: Fleet) -> Conditions:
    """Give the conditions that the fleet's margins promise to survive."""
    margins = fleet.margins
    return Conditions(
        all_demand=1 + margins.demand,
        prefill_slower=1 / (1 - margins.prefill),
        decode_slower=1 / (1 - margins.decode),
        mixed_slower=1 / (1 - max(margins.encode, margins.prefill, margins.decode)),
        encode_slower=1 / (1 - margins.encode),
    )
