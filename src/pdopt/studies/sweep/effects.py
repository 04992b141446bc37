"""Which varied field moves the cost, and how far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from itertools import pairwise
from statistics import fmean
from typing import Any

from pdopt.studies.sweep.answers import Effect, Level
from pdopt.studies.sweep.outcome import SOLVED

FEW = 10  # different values that are levels of their own
PARTS = 5  # levels of more values than that
COST = "cost_per_hour"
Rows = Sequence[dict[str, Any]]


def effects(table: Rows, names: Sequence[str]) -> tuple[Effect, ...]:
    """Give what each field does to the cost, the one that moves it most first; fields of one value do nothing."""
    found = [_effect(name, _comparable(table, name, names)) for name in names]
    return tuple(sorted((effect for effect in found if effect), key=lambda effect: -effect.moves_per_hour))


def _comparable(table: Rows, name: str, names: Sequence[str]) -> Rows:
    """Give the solved rows; of a grid those alone whose siblings, other in this field only, are solved too."""
    siblings: dict[Hashable, list[dict[str, Any]]] = defaultdict(list)
    for row in table:
        siblings[tuple(row[other] for other in names if other != name)].append(row)
    whole = [row for group in siblings.values() if all(r["status"] in SOLVED for r in group) for row in group]
    if len({row[name] for row in whole}) > 1:
        return whole
    return [row for row in table if row["status"] in SOLVED]


def _effect(name: str, rows: Rows) -> Effect | None:
    levels = _levels(name, rows)
    if len(levels) < 2:
        return None
    means = [fmean(row[COST] for row in level) for level in levels]
    overall = fmean(row[COST] for row in rows)
    total = sum((row[COST] - overall) ** 2 for row in rows)
    between = sum(len(level) * (mean - overall) ** 2 for level, mean in zip(levels, means, strict=True))
    return Effect(
        field=name,
        levels=tuple(
            Level(least=level[0][name], most=level[-1][name], scenarios=len(level), mean_cost_per_hour=mean)
            for level, mean in zip(levels, means, strict=True)
        ),
        moves_per_hour=max(means) - min(means),
        explains=min(between / total, 1.0) if total > 0 else 0.0,
    )


def _levels(name: str, rows: Rows) -> list[list[dict[str, Any]]]:
    """Put rows together by value, or by fifths where there are many values; by rising value."""
    stated = sorted((row for row in rows if row[name] is not None), key=lambda row: row[name])
    unstated = [row for row in rows if row[name] is None]
    values = list(dict.fromkeys(row[name] for row in stated))
    if len(values) <= FEW or not all(isinstance(value, int | float) for value in values):
        grouped = [[row for row in stated if row[name] == value] for value in values]
    else:
        cuts = [i * len(stated) // PARTS for i in range(PARTS + 1)]
        grouped = [stated[start:end] for start, end in pairwise(cuts)]
    return [*([unstated] if unstated else []), *(group for group in grouped if group)]
