"""What the program decided, by lane and slot."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pdopt.capacity.table import Lane, Route


@dataclass(frozen=True)
class Decision:
    """Counts and routes of a solution, in the program's own indices.

    Attributes
    ----------
    instances : dict
        (lane, slot) → running instances.
    routed_rps : dict
        (lane, slot) → route → requests per second, margin included.
    rented, committed : dict
        (SKU, term, slot) and (SKU, term) → units.
    on_spot : dict
        (lane, term, slot) → instances on spot nodes.
    minimised_per_h, bound_per_h : float
        What was minimised, and what no plan is below.
    value, value_bound : float
        Under a budget: value per second of what is served, and what no plan exceeds.
    rerouted_rps : dict
        (sites gone, lane, slot) → route → requests per second then, margin included.
    """

    instances: dict[tuple[str, str], int]
    routed_rps: dict[tuple[str, str], dict[Route, float]]
    rented: dict[tuple[str, str, str], int]
    committed: dict[tuple[str, str], int]
    on_spot: dict[tuple[str, str, str], int]
    minimised_per_h: float
    bound_per_h: float
    proven: bool
    value: float = 0.0
    value_bound: float = 0.0
    rerouted_rps: dict[tuple[str, str, str], dict[Route, float]] = field(default_factory=dict)

    def after_losing(self, gone: str, left: tuple[Lane, ...]) -> Decision:
        """Give what runs, and where requests go, when sites are gone and the lanes elsewhere are left."""
        names = {lane.name for lane in left}
        return replace(
            self,
            instances={key: count for key, count in self.instances.items() if key[0] in names},
            routed_rps={key[1:]: routes for key, routes in self.rerouted_rps.items() if key[0] == gone},
        )
