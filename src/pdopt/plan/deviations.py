"""The cases that a plan must hold in where workloads may deviate from what is stated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from math import comb

from pdopt.fleet.fleet import Fleet
from pdopt.plan.conditions import Conditions, with_margins_used_up
from pdopt.plan.plan import Pool

MOST_CASES = 2000  # of one pool; beyond, only the workloads with the largest deviations of the work the plan states


def deviating(fleet: Fleet, pool: Pool) -> Iterator[tuple[str, Conditions]]:
    """Yield (words, conditions), margins used up: each choice of as many workloads of a pool as may deviate at once.

    Fewer of them are no harder. Where nothing may deviate there is one case, without words.
    """
    stressed = with_margins_used_up(fleet)
    fractions, most = fleet.uncertainty.among(pool.serves), fleet.uncertainty.workloads
    names = sorted(fractions, key=lambda name: -fractions[name] * pool.work.get(name, 0.0))
    together = min(most, len(names))
    every = comb(len(names), together) <= MOST_CASES
    for chosen in combinations(names, together) if every else (tuple(names[:together]),):
        words = f", {' and '.join(chosen)} deviating" if chosen else ""
        yield words, replace(stressed, demand={name: 1 + fractions[name] for name in chosen})
