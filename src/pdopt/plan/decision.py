"""What the program decided, by lane and slot."""

from __future__ import annotations

from dataclasses import dataclass

from pdopt.capacity.table import Route


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
