"""Why there is no plan, in the user's terms, and what would make one possible."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from scipy.sparse import csc_array, hstack

from pdopt.capacity.handover import ends_of
from pdopt.capacity.refusal import Refusal
from pdopt.capacity.table import LaneTable, NodeType
from pdopt.fleet.fleet import Fleet, Llm
from pdopt.fleet.profiles import Shape
from pdopt.plan.plan import Reason
from pdopt.program.matrix import Matrix
from pdopt.solving.highs import run

SECONDS = 20.0
ROLES = ("prefill", "decode", "mixed")


def out_of_reach(fleet: Fleet, table: LaneTable) -> list[Reason]:
    """Name each workload that no shape can serve: the target and the best attainable value on each SKU."""
    reasons: list[Reason] = []
    for name in table.unserved():
        llm = fleet.llms[fleet.workloads[name].llm]
        served = {lane.role for lane in table.lanes if any(route.workload == name for route in lane.loads)}
        refused = {role: [r for r in table.refusals if (r.workload, r.role) == (name, role)] for role in ROLES}
        offered = {role for role in ROLES if ends_of(fleet, [profile.shape for profile in getattr(llm, role)])}
        if not offered:
            reasons.append(_not_offered(name, llm, "", llm.shapes()))
            continue
        if all(role in served or (role in offered and not refused[role]) for role in ("prefill", "decode")):
            reasons.append(_incompatible(name))
        for role in ROLES:
            shapes = {profile.shape for profile in getattr(llm, role)}
            if shapes and role not in offered:
                reasons.append(_not_offered(name, llm, f"{role} ", shapes))
            elif role not in served:
                reasons += [*_targets(name, refused[role]), *_unmeasured(name, role, refused[role])]
    return reasons


def _not_offered(name: str, llm: Llm, role: str, shapes: Iterable[Shape]) -> Reason:
    gpus = ", ".join(sorted({shape.gpu for shape in shapes}))
    sentence = f"{name}: no SKU offers a GPU that {llm.name} has {role}profiles on ({gpus}); add such a SKU"
    return Reason(kind="unmeasured", workload=name, sentence=sentence)


def _incompatible(name: str) -> Reason:
    return Reason(
        kind="incompatible",
        workload=name,
        sentence=f"{name}: no prefill profile shares engine and precision with a decode profile that can serve it; "
        "add profiles of one engine for both, or mixed profiles",
    )


def _targets(name: str, refused: Iterable[Refusal]) -> Iterator[Reason]:
    groups: dict[tuple[str, str, float], dict[str, float]] = defaultdict(dict)
    for refusal in refused:
        if refusal.target is not None and refusal.best_s is not None:
            key = (refusal.target.metric, refusal.target.statistic, refusal.target.bound_s)
            best = groups[key]
            best[refusal.sku] = min(best.get(refusal.sku, np.inf), refusal.best_s * 1e3)
    for (metric, statistic, bound_s), best in groups.items():
        attainable = ", ".join(f"{ms:.4g} ms on {sku}" for sku, ms in sorted(best.items(), key=lambda item: item[1]))
        yield Reason(
            kind="target",
            workload=name,
            target=f"{metric}_{statistic}_ms",
            bound_ms=round(bound_s * 1e3, 9),
            best_ms=best,
            sentence=f"{name}: {metric.upper()} {statistic} of {bound_s * 1e3:g} ms is out of reach; "
            f"at best {attainable}; raise the target above that, or add a faster SKU",
        )


def _unmeasured(name: str, role: str, refused: Iterable[Refusal]) -> Iterator[Reason]:
    sentences: dict[str, dict[str, None]] = defaultdict(dict)
    for refusal in refused:
        if refusal.target is None:
            sentences[refusal.sentence][refusal.sku] = None
    for sentence, skus in sentences.items():
        where = ", ".join(skus)
        yield Reason(kind="unmeasured", workload=name, sentence=f"{name}: {role} on {where}: {sentence}; measure there")


def too_little_stock(fleet: Fleet, table: LaneTable, matrix: Matrix, time_limit_s: float | None) -> list[Reason]:
    """Name the SKUs that are short, by how many nodes, and the largest fraction of the demand that can be carried.

    Each number is the optimum of an elastic re-solve: stock of one SKU may be exceeded at a price (then of all
    together, when no single one is enough), or the demand may be scaled down.
    """
    seconds = SECONDS if time_limit_s is None else min(SECONDS, time_limit_s)
    limited = [node for node in table.nodes if node.available is not None]
    reasons = []
    for node in limited:
        short = _nodes_short(matrix, [node], seconds)
        if short is not None:
            reasons.append(_short(fleet, node, short[node.sku], alone=True))
    if not reasons:
        together = _nodes_short(matrix, limited, seconds) or {}
        by_sku = {node.sku: node for node in limited}
        reasons = [_short(fleet, by_sku[sku], n, alone=False) for sku, n in together.items() if n > 0]
    reasons.sort(key=lambda reason: reason.nodes_short or 0)
    fraction = _largest_fraction(matrix, seconds)
    if fraction is not None:
        percent = np.floor(fraction * 1000) / 10
        carried = f"at most {percent:.1f} %" if percent > 0 else "nothing"
        sentence = f"the stock carries {carried} of what every workload asks; lower the demand or min_served"
        reasons.append(Reason(kind="demand", largest_fraction=fraction, sentence=sentence))
    return reasons


def _short(fleet: Fleet, node: NodeType, units: int, alone: bool) -> Reason:
    sku = fleet.skus[node.sku]
    nodes = units if sku.billing == "node" else -(-units // sku.gpus)
    assert sku.available is not None
    enough = "would be enough" if alone else "are needed together with the others named here"
    return Reason(
        kind="stock",
        sku=sku.name,
        available=sku.available,
        nodes_short=nodes,
        sentence=f"{sku.name}: {nodes} {'node' if nodes == 1 else 'nodes'} short; "
        f"{sku.available + nodes} instead of {sku.available} available {enough}",
    )


def _nodes_short(matrix: Matrix, lifted: Sequence[NodeType], seconds: float) -> dict[str, int] | None:
    """Fewest units beyond the stock of the lifted SKUs that make the program feasible; None if none do."""
    rows = {node.sku: matrix.row_of.get(("nodes_within_stock", node.sku)) for node in lifted}
    skus = [sku for sku, row in rows.items() if row is not None]
    if not skus:
        return None
    beyond = np.zeros((matrix.a.shape[0], len(skus)))
    for i, sku in enumerate(skus):
        beyond[rows[sku], i] = -1.0
    gpus = {node.sku: float(node.gpus) for node in lifted}
    outcome = run(_widened(matrix, beyond, [gpus[sku] for sku in skus], np.inf, whole=True), seconds)
    if outcome.values is None:
        return None
    return {sku: round(float(outcome.values[len(matrix.cost) + i])) for i, sku in enumerate(skus)}


def _largest_fraction(matrix: Matrix, seconds: float) -> float | None:
    """Largest common fraction of every required rate that the stock carries."""
    scaled = np.zeros((matrix.a.shape[0], 1))
    row_lower = matrix.row_lower.copy()
    for (family, _), row in matrix.row_of.items():
        if family in ("serve_demand", "instances_cover_demand"):
            scaled[row, 0] = -row_lower[row]
            row_lower[row] = 0.0
    outcome = run(_widened(replace(matrix, row_lower=row_lower), scaled, [-1.0], 1.0, whole=False), seconds)
    return None if outcome.values is None else float(outcome.values[-1])


def _widened(matrix: Matrix, columns: np.ndarray, cost: list[float], upper: float, whole: bool) -> Matrix:
    """Add columns that are all that costs something."""
    width = columns.shape[1]
    return replace(
        matrix,
        a=csc_array(hstack([matrix.a, csc_array(columns)])),
        cost=np.concatenate([np.zeros(len(matrix.cost)), cost]),
        lower=np.concatenate([matrix.lower, np.zeros(width)]),
        upper=np.concatenate([matrix.upper, np.full(width, upper)]),
        whole=np.concatenate([matrix.whole, np.full(width, whole)]),
        unit=np.concatenate([matrix.unit, np.ones(width)]),
    )
