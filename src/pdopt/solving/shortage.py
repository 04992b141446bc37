"""Too little stock, or limits too tight: what is short, by how much, and what can be carried."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, hstack

from pdopt.capacity.table import LaneTable
from pdopt.fleet.fleet import Fleet, Limits
from pdopt.plan.plan import Reason
from pdopt.program.matrix import Matrix
from pdopt.solving.caution import too_cautious
from pdopt.solving.highs import run
from pdopt.solving.limited import limited, narrowed

SECONDS = 20.0
MANY = 1e5  # instances


@dataclass(frozen=True)
class Bound:
    """Rows that may be exceeded (sign -1) or missed (+1) together, at a price: what a unit weighs, how it is told.

    ``told`` takes the excess and how it helps ("would be enough", …).
    """

    rows: tuple[int, ...]
    weight: float
    whole: bool
    told: Callable[[float, str], Reason]
    sign: float = -1.0


def shortage(fleet: Fleet, table: LaneTable, matrix: Matrix, time_limit_s: float | None) -> list[Reason]:
    """Name what is short and by how much, and the largest fraction of the demand that can be carried.

    Each number is the optimum of an elastic re-solve: one bound may be exceeded at a price (then all of them, when no
    single one is enough), or the demand may be scaled down.
    """
    seconds = SECONDS if time_limit_s is None else min(SECONDS, time_limit_s)
    kinds = (_stock, _terms, _wanted, _limits, _money, _limited)
    bounds = [bound for kind in kinds for bound in kind(fleet, table, matrix)]
    assert bounds, "a fleet whose workloads can all be served is infeasible only for lack of stock or by its limits"
    reasons = []
    for bound in bounds:
        beyond, proven = _beyond(matrix, [bound], seconds)
        if beyond is not None:
            reasons.append(bound.told(beyond[0], "would be enough" if proven else "would be enough (fewer may do)"))
    if not reasons:
        together, _ = _beyond(matrix, bounds, seconds)
        words = "needed, together with the others named here"
        reasons = [bound.told(more, words) for bound, more in zip(bounds, together or (), strict=False) if more > 1e-9]
    reasons.sort(key=lambda reason: reason.nodes_short or 0)
    reasons += too_cautious(fleet, table, seconds)
    reasons += _carried(fleet, table, matrix, seconds)
    return reasons


def _carried(fleet: Fleet, table: LaneTable, matrix: Matrix, seconds: float) -> Iterator[Reason]:
    found = _largest_fraction(fleet, table, matrix, seconds)
    if found is None:
        return
    fraction, most = found
    percent, at_most = (np.floor(value * 1000) / 10 for value in (fraction, most))
    carried = f"at most {percent:.1f} %" if percent > 0 else "nothing"
    if at_most > percent:  # the time for this question ran out between the two
        carried = f"{percent:.1f} %, and at most {at_most:.1f} %,"
    what = "the stock carries" if fleet.limits == Limits() and not narrowed(fleet) else "stock and limits allow"
    sentence = f"{what} {carried} of every workload's demand; lower the demand, or min_served to that"
    yield Reason(kind="demand", largest_fraction=fraction, sentence=sentence)


def _stock(fleet: Fleet, table: LaneTable, matrix: Matrix) -> Iterator[Bound]:
    for node in table.nodes:
        rows = _rows(matrix, "nodes_within_stock", node.sku)
        if not rows:
            continue

        def told(units: float, helps: str, name: str = node.sku) -> Reason:
            sku = fleet.skus[name]
            nodes = round(units) if sku.billing == "node" else ceil(round(units) / sku.gpus)
            had = sku.available or 0
            sentence = (
                f"{name}: {nodes} {'node' if nodes == 1 else 'nodes'} short; "
                f"{had + nodes} instead of {had} available {helps}"
            )
            return Reason(kind="stock", sku=name, available=had, nodes_short=nodes, sentence=sentence)

        yield Bound(rows, float(node.gpus), True, told)


def _wanted(fleet: Fleet, table: LaneTable, matrix: Matrix) -> Iterator[Bound]:
    for node in table.nodes:
        rows = _rows(matrix, "nodes_at_least", node.sku)
        if not rows:
            continue

        def told(units: float, helps: str, name: str = node.sku) -> Reason:
            sku = fleet.skus[name]
            fewer = round(units) if sku.billing == "node" else ceil(round(units) / sku.gpus)
            sentence = f"{name}: at_least {sku.at_least - fewer} instead of {sku.at_least} {helps}"
            return Reason(kind="limit", sku=name, limit="at_least", short_by=float(fewer), sentence=sentence)

        yield Bound(rows, float(node.gpus), True, told, sign=1.0)


def _limits(fleet: Fleet, table: LaneTable, matrix: Matrix) -> Iterator[Bound]:
    rows = _rows(matrix, "skus_within_limit", "max_skus")
    if rows:

        def told_skus(more: float, helps: str) -> Reason:
            most = fleet.limits.max_skus or 0
            sentence = f"limits.max_skus: {most + round(more)} instead of {most} {helps}"
            return Reason(kind="limit", limit="max_skus", short_by=float(round(more)), sentence=sentence)

        yield Bound(rows, 8.0, True, told_skus)
    rows = _rows(matrix, "power_within_limit", "power_kw")
    if rows:

        def told_power(more: float, helps: str) -> Reason:
            had = fleet.limits.power_kw or 0.0
            short = ceil(more * 1000 - 1e-6) / 1000
            sentence = f"limits.power_kw: {short:g} kW short; {had + short:g} instead of {had:g} kW {helps}"
            return Reason(kind="limit", limit="power_kw", short_by=short, sentence=sentence)

        yield Bound(rows, 1.0, False, told_power)


def _terms(fleet: Fleet, table: LaneTable, matrix: Matrix) -> Iterator[Bound]:
    """Stocks of terms; told with the SKU, whose own stock may bind as well."""
    for node in table.nodes:
        for term in node.terms:
            rows = _rows(matrix, "nodes_within_terms", node.sku, term.name)
            if not rows:
                continue

            def told(units: float, helps: str, name: str = node.sku, term: str = term.name) -> Reason:
                sku = fleet.skus[name]
                nodes = ceil(round(units) * (sku.sold_in if sku.billing == "node" else 1 / sku.gpus))
                had = next(t.available for t in sku.terms if t.name == term) or 0
                sentence = f"{name}, {term}: {had + nodes} instead of {had} available {helps}"
                return Reason(kind="stock", sku=name, term=term, available=had, nodes_short=nodes, sentence=sentence)

            yield Bound(rows, float(node.gpus), True, told)


def _money(fleet: Fleet, table: LaneTable, matrix: Matrix) -> Iterator[Bound]:
    rows = _rows(matrix, "cost_within_budget", "budget")
    if rows:

        def told(more: float, helps: str) -> Reason:
            had = fleet.budget_usd_per_h or 0.0
            short = ceil(more * 100 - 1e-6) / 100
            sentence = f"budget: ${short:,.2f} per hour short; ${had + short:,.2f} instead of ${had:,.2f} {helps}"
            return Reason(kind="budget", limit="budget", short_by=short, sentence=sentence)

        yield Bound(rows, 1.0, False, told)


def _limited(fleet: Fleet, table: LaneTable, matrix: Matrix) -> Iterator[Bound]:
    for one in limited(fleet, partial(_rows, matrix)):
        yield Bound(*one)


def _rows(matrix: Matrix, family: str, *index: str) -> tuple[int, ...]:
    """Rows of a family whose index begins as given: one for every slot."""
    return tuple(
        row
        for (name, key), row in matrix.row_of.items()
        if name == family and (key if isinstance(key, tuple) else (key,))[: len(index)] == index
    )


def _beyond(matrix: Matrix, lifted: Sequence[Bound], seconds: float) -> tuple[list[float] | None, bool]:
    """Least weighted excess over the lifted bounds that makes a plan possible (None: none found), and if proven."""
    columns = np.zeros((matrix.a.shape[0], len(lifted)))
    for i, bound in enumerate(lifted):
        columns[list(bound.rows), i] = bound.sign
    whole = np.array([bound.whole for bound in lifted])
    outcome = run(_widened(matrix, columns, [bound.weight for bound in lifted], np.inf, whole), seconds)
    found = None if outcome.values is None else [float(value) for value in outcome.values[len(matrix.cost) :]]
    return found, outcome.status == "optimal"


def _largest_fraction(fleet: Fleet, table: LaneTable, matrix: Matrix, seconds: float) -> tuple[float, float] | None:
    """Largest common fraction found of every workload's demand (margin included), and what it cannot exceed."""
    scaled, slots = np.zeros((matrix.a.shape[0], 1)), {slot.name: slot for slot in table.slots}
    row_lower, row_upper, upper = matrix.row_lower.copy(), matrix.row_upper.copy(), matrix.upper.copy()
    for (family, index), row in matrix.row_of.items():
        if family == "serve_demand" and row_lower[row] > 0:
            workload, slot = index
            scaled[row, 0] = -slots[slot].required_rps[workload] / fleet.workloads[workload].min_served
            row_lower[row] = 0.0
        if family == "demand_survives_site_loss" and row_lower[row] > 0:
            _, workload, _ = index
            scaled[row, 0] = -row_lower[row] / fleet.workloads[workload].min_served
            row_lower[row] = row_upper[row] = 0.0
        if family in ("instances_cover_demand", "remaining_cover_demand"):
            # speaks of what is required, which is what cannot be
            row_lower[row] = -np.inf
    upper[list(matrix.columns("Instances").values())] = np.inf
    freed = replace(matrix, a=_as_many_beyond(matrix), row_lower=row_lower, row_upper=row_upper, upper=upper)
    elastic = _widened(freed, scaled, [-1.0], 1.0, np.array([False]))
    outcome = run(elastic, seconds)
    if outcome.values is None:
        return None
    fraction = min(max(float(outcome.values[-1]), 0.0), 1.0)
    return fraction, fraction if outcome.status == "optimal" else min(-outcome.bound, 1.0)


def _as_many_beyond(matrix: Matrix) -> Any:
    """Let pools with one line grow beyond their tables, however few instances were enough."""
    a = matrix.a.tolil(copy=True)
    sized = set(matrix.columns("Sized").values())
    for row in [row for (family, _), row in matrix.row_of.items() if family == "beyond_largest_size_only"]:
        for column in sized.intersection(a.rows[row]):
            a[row, column] = -MANY
    return csc_array(a)


def _widened(
    matrix: Matrix, columns: npt.NDArray[np.float64], cost: list[float], upper: float, whole: npt.NDArray[np.bool_]
) -> Matrix:
    """Add columns that are all that costs something."""
    width = columns.shape[1]
    return replace(
        matrix,
        a=csc_array(hstack([matrix.a, csc_array(columns)])),
        cost=np.concatenate([np.zeros(len(matrix.cost)), cost]),
        lower=np.concatenate([matrix.lower, np.zeros(width)]),
        upper=np.concatenate([matrix.upper, np.full(width, upper)]),
        whole=np.concatenate([matrix.whole, whole]),
        unit=np.concatenate([matrix.unit, np.ones(width)]),
    )
