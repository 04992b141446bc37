"""The program of a plain fleet written straight into arrays, as one would without a modelling layer.

Only what the fleets of this folder need: prefill and decode, one price per SKU, stock. It shares no line with
``pdopt.program``, so it also tells whether that builds what it should.
"""

from __future__ import annotations

from typing import NamedTuple

import highspy
import numpy as np
from scipy.sparse import csc_array

from pdopt.capacity.covering import covers, most_instances
from pdopt.capacity.table import LaneTable


class Arrays(NamedTuple):
    cost: np.ndarray
    upper: np.ndarray
    whole: np.ndarray
    row_lower: np.ndarray
    row_upper: np.ndarray
    a: csc_array


class _Terms:
    def __init__(self) -> None:
        self.rows: list[int] = []
        self.columns: list[int] = []
        self.data: list[float] = []
        self.lower: list[float] = []
        self.upper: list[float] = []

    def row(self, terms: list[tuple[int, float]], lower: float, upper: float) -> None:
        at = len(self.lower)
        for column, value in terms:
            self.rows.append(at)
            self.columns.append(column)
            self.data.append(value)
        self.lower.append(lower)
        self.upper.append(upper)


def arrays(table: LaneTable) -> Arrays:
    """Assemble slot after slot: nodes, instances and rates as columns; five families of rows."""
    found, inf = _Terms(), float("inf")
    cost: list[float] = []
    upper: list[float] = []
    whole: list[bool] = []
    groups = list(covers(table))

    def column(price: float, most: float, integer: bool) -> int:
        cost.append(price)
        upper.append(most)
        whole.append(integer)
        return len(cost) - 1

    for slot in table.slots:
        nodes = {node.sku: column(slot.weight * node.usd_per_h, inf, True) for node in table.nodes}
        used: dict[str, list[tuple[int, float]]] = {sku: [] for sku in nodes}
        ends: dict[str, list[tuple[int, float]]] = {name: [] for name in slot.required_rps}
        ways: dict[tuple[str, str], list[tuple[int, float]]] = {}
        instances: dict[str, int] = {}
        for lane in table.lanes:
            count = instances[lane.name] = column(0.0, most_instances(table, lane, slot), True)
            used[lane.sku].append((count, float(lane.shape.gpus)))
            rates = {route: column(0.0, inf, False) for route in lane.loads}
            for limit in range(len(lane.limits)):
                terms = [(rate, lane.loads[route][limit]) for route, rate in rates.items()]
                found.row([*terms, (count, -1.0)], -inf, 0.0)
            for route, rate in rates.items():
                sign = 1.0 if lane.role == "prefill" else -1.0
                ways.setdefault((route.workload, route.handover), []).append((rate, sign))
                if lane.role == "decode":
                    ends[route.workload].append((rate, 1.0))
        for name, terms in ends.items():
            found.row(terms, slot.required_rps[name], inf)
        for terms in ways.values():
            found.row(terms, 0.0, 0.0)
        for group in groups:
            needed = group.needed(slot)
            found.row([(instances[lane], most / needed) for lane, most in group.carried.items()], 1.0, inf)
        for node in table.nodes:
            if used[node.sku]:
                found.row([*used[node.sku], (nodes[node.sku], -float(node.gpus))], -inf, 0.0)
            if node.available is not None:
                found.row([(nodes[node.sku], 1.0)], -inf, float(node.available))
    a = csc_array((found.data, (found.rows, found.columns)), shape=(len(found.lower), len(cost)))
    vectors = (np.array(numbers) for numbers in (cost, upper, whole, found.lower, found.upper))
    return Arrays(*vectors, a)


def hand_over(found: Arrays, solver: highspy.Highs) -> None:
    """Pass arrays straight to HiGHS."""
    height, width = found.a.shape
    solver.passModel(
        *(width, height, found.a.nnz, int(highspy.MatrixFormat.kColwise), int(highspy.ObjSense.kMinimize), 0.0),
        *(found.cost, np.zeros(width), found.upper, found.row_lower, found.row_upper),
        *(found.a.indptr[:-1], found.a.indices, found.a.data, found.whole.astype(np.int32)),
    )
