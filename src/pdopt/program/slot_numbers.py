"""What differs between slots of the same structure: their numbers, from the table and the slot that is copied."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyomo.environ as pyo

from pdopt.capacity.covering import most_of_each
from pdopt.capacity.slots import Slot
from pdopt.capacity.table import LaneTable
from pdopt.program.matrix import Floats

STARTS = ("StartedNodes", "StartedInstances")
COUNTED, ROUTED = "instances_only_where_used", "routed_only_where_used"


class Part(NamedTuple):
    """Columns (or rows) of the slot that is copied: their names, and their upper (or lower) bounds."""

    names: list[tuple[str, Any]]
    bounds: Floats


class SlotNumbers:
    """The numbers of all slots of a table, as arrays with one row per slot.

    Attributes
    ----------
    cost, unit, upper : arrays, slots × columns of one slot
        Costs relative to those of the slot that is copied; sizes and upper bounds.
    factor, lower : arrays, slots × rows of one slot
        What the terms of a row are multiplied by; lower bounds.
    at, instead : lists of (row, column), and of one number per slot
        Terms that no factor gives.
    compiled : float
        Weight of all slots relative to those that were compiled.
    """

    def __init__(self, table: LaneTable, few: LaneTable, program: pyo.ConcreteModel, columns: Part, rows: Part):
        copied, slots = few.slots[-2], table.slots
        weight = np.array([slot.weight / copied.weight for slot in slots])
        self.compiled = sum(slot.weight for slot in slots) / sum(slot.weight for slot in few.slots)
        started = np.array([variable in STARTS for variable, _ in columns.names])
        hours = np.array([slot.hours / copied.hours for slot in slots])
        self.cost = np.where(started, (weight / hours).reshape(-1, 1), weight.reshape(-1, 1))  # a start costs once
        self._set_columns(table, columns)
        self._set_rows(slots, copied, program, rows)
        self._set_terms(slots, columns, rows)

    def _set_columns(self, table: LaneTable, columns: Part) -> None:
        slots, count = table.slots, len(table.slots)
        self.unit = np.ones((count, len(columns.names)))
        self.upper = np.tile(columns.bounds, (count, 1))
        counts = [i for i, (variable, _) in enumerate(columns.names) if variable == "Instances"]
        self.upper[:, counts] = most_of_each(table, [columns.names[i][1][0] for i in counts])
        rates = [i for i, (variable, _) in enumerate(columns.names) if variable == "Routed_rps"]
        workloads = [columns.names[i][1][1] for i in rates]
        for numbers, instead in ((self.unit, 1.0), (self.upper, 0.0)):
            wanted = _by_name(slots, "wanted_rps", instead)
            numbers[:, rates] = np.array([wanted[name] for name in workloads]).reshape(-1, count).T

    def _set_rows(self, slots: tuple[Slot, ...], copied: Slot, program: pyo.ConcreteModel, rows: Part) -> None:
        self.factor = np.ones((len(slots), len(rows.names)))
        self.lower = np.tile(rows.bounds, (len(slots), 1))
        required = _by_name(slots, "required_rps", 0.0)
        for i, (family, index) in enumerate(rows.names):
            if family == "serve_demand":
                self.lower[:, i] = required[index[0]]
            elif family == "instances_cover_demand":
                cover = program.cover_of[index[0]]
                needed = sum(weight * required[name] for name, weight in cover.weights.items())
                self.factor[:, i] = cover.needed(copied) / needed

    def _set_terms(self, slots: tuple[Slot, ...], columns: Part, rows: Part) -> None:
        """Set what ties a lane's instances, and what is routed to it, to its being in use: minus the most of it."""
        place, wanted = {name: i for i, name in enumerate(columns.names)}, _by_name(slots, "wanted_rps", 0.0)
        self.at: list[tuple[int, int]] = []
        self.instead: list[Floats] = []
        for i, (family, index) in enumerate(rows.names):
            if family in (COUNTED, ROUTED):
                used = index[0], index[-1]
                self.at.append((i, place["Used", used]))
                most = self.upper[:, place["Instances", used]] if family == COUNTED else wanted[index[1]]
                self.instead.append(-most)


def _by_name(slots: tuple[Slot, ...], rates: str, instead: float = 1.0) -> dict[str, Floats]:
    every = [getattr(slot, rates) for slot in slots]
    return {name: np.array([found[name] or instead for found in every]) for name in every[0]}
