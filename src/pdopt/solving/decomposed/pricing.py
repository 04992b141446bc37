"""The cheapest plans of blocks at prices of the linking rows, and what follows for every plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from time import perf_counter
from typing import NamedTuple

import numpy as np

from pdopt.program.matrix import Floats
from pdopt.solving.decomposed.apart import Workers
from pdopt.solving.decomposed.blocks import Block, Split
from pdopt.solving.decomposed.master import Column, Master
from pdopt.solving.decomposed.outer import Cut
from pdopt.solving.highs import QUICK, Option, Outcome

LEAST_S = 0.05
TINY = 1e-8  # part of the largest price below which one is none: the solver tells those above apart


class Asked(NamedTuple):
    """Prices of all linking rows (the duals of a minimisation), and the weight of the blocks' own cost."""

    prices: Floats
    weight: float


class Effort(NamedTuple):
    """What one block may take: seconds, the gap to stop at, nodes of the solver's search, and when all must end."""

    seconds: float
    gap: float
    nodes: int | None = None
    ends: float = np.inf

    @property
    def left_s(self) -> float:
        """Seconds from now."""
        return min(self.seconds, max(self.ends - perf_counter(), LEAST_S))

    @property
    def options(self) -> dict[str, Option]:
        """What HiGHS is told."""
        return QUICK if self.nodes is None else QUICK | {"mip_max_nodes": self.nodes}


def cheapest(block: Block, asked: Asked, effort: Effort, known: Sequence[Column]) -> Outcome:
    """Solve one block at prices, from its best known plan; where all is free, that tells nothing but a first plan."""
    cost = _cost(block, asked)
    if cost.any():
        start = min((column.values for column in known), key=lambda values: float(cost @ values), default=None)
        return block.prepared.run(cost, effort.left_s, effort.gap, effort.options, start)
    found = Outcome("feasible", None, None, 0.0) if known else _smallest(block, effort)
    return found if found.status == "infeasible" else replace(found, objective=0.0, bound=0.0)


def _cost(block: Block, asked: Asked) -> Floats:
    return np.asarray(asked.weight * block.matrix.cost - block.links.T @ asked.prices)


def _smallest(block: Block, effort: Effort) -> Outcome:
    """Give a plan that takes little of whatever links the blocks."""
    return block.prepared.run(np.asarray(abs(block.links).sum(axis=0)), effort.left_s, effort.gap, effort.options)


def price(workers: Workers, master: Master, asked: Mapping[int, Asked], effort: Effort) -> list[Cut]:
    """Solve the blocks of some groups, each group at its own prices; keep their plans, give one cut per group."""
    groups = master.split.groups
    tasks = [(int(block), asked[group]) for group in asked for block in groups[group].blocks]
    bound_of = collect(workers, master, tasks, effort)
    least = {group: {int(block): bound_of[int(block)] for block in groups[group].blocks} for group in asked}
    return [cut_of(master.split, group, asked[group], bounds) for group, bounds in least.items()]


def collect(workers: Workers, master: Master, tasks: Sequence[tuple[int, Asked]], effort: Effort) -> dict[int, float]:
    """Solve blocks, each at its own prices; keep their plans, give what none of a block's plans is below."""
    blocks = master.split.blocks

    def alone(task: tuple[int, Asked]) -> Outcome:
        if workers.watch.stopped:
            return Outcome("unknown", None, None, -np.inf)
        return cheapest(blocks[task[0]], task[1], effort, master.of_block(task[0]))

    found = list(workers.threads.map(alone, tasks))
    for (block, asked), outcome in zip(tasks, found, strict=True):
        master.learn(block, _cost(blocks[block], asked), outcome)
    return {block: outcome.bound for (block, _), outcome in zip(tasks, found, strict=True)}


def cut_of(split: Split, group: int, asked: Asked, least: Mapping[int, float]) -> Cut:
    """Give what follows of the least that each block of a group costs at prices, the linking rows' worth included."""
    rows = split.linking[split.groups[group].rows]
    prices = asked.prices[split.groups[group].rows]
    priced = prices != 0
    sides = np.where(prices > 0, split.whole.row_lower[rows], split.whole.row_upper[rows])
    terms = split.shared_links[split.groups[group].rows].T @ prices
    at_least = float(prices[priced] @ sides[priced]) + sum(least.values())
    return Cut(group, np.asarray(terms), asked.weight, at_least, asked.prices, least)


def of_group(split: Split, group: int, prices: Floats) -> Floats:
    """Give prices of one group's rows alone, none of a side that is not bounded."""
    rows = split.linking[split.groups[group].rows]
    mine = prices[split.groups[group].rows]
    sides = np.where(mine > 0, split.whole.row_lower[rows], split.whole.row_upper[rows])
    found = np.zeros(len(split.linking))
    told_apart = abs(mine) > TINY * abs(mine).max(initial=0.0)
    found[split.groups[group].rows] = np.where(np.isfinite(sides) & told_apart, mine, 0.0)
    return found
