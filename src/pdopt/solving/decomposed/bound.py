"""What no plan is below, at given prices of the linking rows (Lagrangian relaxation; Geoffrion 1974)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pdopt.program.matrix import Floats
from pdopt.solving.decomposed.blocks import Block, Split
from pdopt.solving.highs import QUICK, Outcome, run


def cheapest(block: Block, prices: Floats, seconds: float, gap: float) -> Outcome:
    """Solve one block when the linking rows have prices (the duals of a minimisation)."""
    cost = np.asarray(block.matrix.cost - block.links.T @ prices)
    return run(replace(block.matrix, cost=cost), seconds, gap, options=QUICK | {"threads": 1})


def lagrangian(split: Split, prices: Floats, outcomes: Sequence[Outcome], most: Floats) -> float:
    """Give the bound: what the linking rows are worth, and the least that each block and shared column costs then.

    `most` bounds the shared columns: a count that costs less than nothing at the prices is taken that often.
    """
    full, priced = split.whole, prices != 0
    sides = np.where(prices > 0, full.row_lower[split.linking], full.row_upper[split.linking])
    reduced = full.cost[split.shared] - split.shared_links.T @ prices
    shared = np.where(reduced > 0, full.lower[split.shared], most) * reduced
    return float(prices[priced] @ sides[priced] + shared.sum()) + sum(outcome.bound for outcome in outcomes)
