"""Leave out lanes that another lane replaces for every workload, at no more GPUs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pdopt.capacity.table import Lane

EQUAL = 1e-12
Exchange = Literal["several", "one", "same shape"]  # instances that may replace one of another shape


def prune(lanes: Iterable[Lane], exchange: Exchange = "several") -> list[Lane]:
    """Keep the lanes that no other one dominates; of two that are alike the first stays.

    Lane B dominates A when both have one LLM, role and SKU, and for a whole k >= 1 with k x GPUs(B) <= GPUs(A) the k
    instances of B carry everything one instance of A carries, and k x the spares of A are enough for B: nothing that
    uses A is cheaper than with B instead, nor leaves a limit on GPUs, nodes, power or the size of pools. Where starting
    an instance costs something, k is 1 (`exchange` is "one"); where changes from what runs now count, both have one
    shape.
    """
    kept: list[Lane] = []
    for lane in lanes:
        if any(dominates(other, lane, exchange) for other in kept):
            continue
        kept = [other for other in kept if not dominates(lane, other, exchange)]
        kept.append(lane)
    return kept


def dominates(lane: Lane, other: Lane, exchange: Exchange = "several") -> bool:
    """Whether `lane` can replace `other` in every plan."""
    times = other.shape.gpus // lane.shape.gpus if exchange == "several" else int(lane.shape.gpus <= other.shape.gpus)
    if exchange == "same shape" and lane.shape != other.shape:
        return False
    alike = (lane.llm, lane.role, lane.sku) == (other.llm, other.role, other.sku)
    if not alike or times < 1 or lane.spares > times * other.spares or not other.loads.keys() <= lane.loads.keys():
        return False
    return all(
        any(_within(lane, i, other, j, times) for j in range(len(other.limits))) for i in range(len(lane.limits))
    )


def _within(lane: Lane, i: int, other: Lane, j: int, times: int) -> bool:
    gain = times if not lane.sizes and not other.sizes else _gain(lane, i, other, j, times)
    return all(lane.loads[route][i] <= gain * load[j] * (1 + EQUAL) for route, load in other.loads.items())


def _gain(lane: Lane, i: int, other: Lane, j: int, times: int) -> float:
    """Give the least of what ``times n`` instances of a lane carry to what n of another do, over all n.

    Beyond both tables both grow evenly: there the ratio lies between that of the last sizes and that of the steps.
    """
    last = max(len(one.sizes[0]) if one.sizes else 1 for one in (lane, other))
    mine = [lane.carried(i, times * count) for count in range(1, last + 2)]
    yours = [other.carried(j, count) for count in range(1, last + 2)]
    ratios = [m / y for m, y in zip(mine, yours, strict=True) if y > 0]
    return min(*ratios, (mine[-1] - mine[-2]) / (yours[-1] - yours[-2]))
