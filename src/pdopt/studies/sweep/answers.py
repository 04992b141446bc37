"""What `sweep` answers, as typed values; dollars are per hour."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from pdopt.plan.plan import Part
from pdopt.studies.figures import StudyAnswer
from pdopt.studies.sweep.outcome import SOLVED, STATUSES, Row

FIGURES = (
    *("status", "cost_per_hour", "bound_per_hour", "gap", "usd_per_million_tokens", "served", "value_per_hour"),
    *("power_kw", "gpus"),
)
LAST = ("why_not", "seconds")


class Level(Part):
    """Scenarios with one value of a field, or with a fifth of its values: `least` to `most`; their average cost."""

    least: float | str | None
    most: float | str | None
    scenarios: int
    mean_cost_per_hour: float


class Effect(Part):
    """What a varied field does to the cost, all other fields as they fall.

    Attributes
    ----------
    levels : tuple of Level
        By rising value. Of a grid, only combinations of the other fields that have a plan at every value count, so that
        dear scenarios that have none do not look cheap.
    moves_per_hour : float
        The highest average cost of a level less the lowest.
    explains : float
        The part of the variance of cost that lies between the levels (the correlation ratio), 0 to 1.
    """

    field: str
    levels: tuple[Level, ...]
    moves_per_hour: float
    explains: float


class Sweep(StudyAnswer):
    """Every scenario solved, and what the varied fields do to the cost.

    Attributes
    ----------
    varied : tuple of str
        The fields, in the order they were given.
    factors : tuple of str
        Those of them whose values multiply what the fleet file says.
    effects : tuple of Effect
        The field that moves the cost most comes first.
    scenarios : tuple of dict
        One row each, in order: number, value of every field, status, figures of the plan, why there is none.
    """

    varied: tuple[str, ...]
    factors: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    scenarios: tuple[dict[str, Any], ...]

    def rows(self) -> list[dict[str, Any]]:
        """Give one row per scenario."""
        return list(self.scenarios)

    def solved(self) -> list[dict[str, Any]]:
        """Give the rows that have a plan, the cheapest first."""
        return sorted((r for r in self.scenarios if r["status"] in SOLVED), key=lambda row: row["cost_per_hour"])

    def by_status(self) -> dict[str, int]:
        """Count scenarios by their status, in the order of STATUSES."""
        found = Counter(row["status"] for row in self.scenarios)
        return {status: found[status] for status in STATUSES if found[status]}


def as_table(names: Sequence[str], pairs: Sequence[tuple[dict[str, Any], Row]]) -> list[dict[str, Any]]:
    """Lay out values and rows as one table with the same columns throughout.

    Nodes become a column a SKU (``nodes.h200-node``), instances one an LLM and role (``instances.llama.prefill``), in
    the order in which scenarios first use them.
    """
    values = {name: _column([value.get(name) for value, _ in pairs]) for name in names}
    flat = [_flat(row) for _, row in pairs]
    counted = dict.fromkeys(key for row in flat for key in row if key.startswith(("nodes.", "instances.")))
    shown = [key for key in FIGURES if key != "value_per_hour" or any(key in row for row in flat)]
    return [
        {
            "scenario": number,
            **{name: column[number] for name, column in values.items()},
            **{key: row.get(key) for key in shown},
            **{key: row.get(key, 0) if row["status"] in SOLVED else None for key in counted},
            **{key: row.get(key) for key in LAST},
        }
        for number, row in enumerate(flat)
    ]


def _flat(row: Row) -> Row:
    nodes = {f"nodes.{sku}": count for sku, count in row.get("nodes", {}).items()}
    instances = {
        f"instances.{llm}.{role}": count
        for llm, counts in row.get("instances", {}).items()
        for role, count in counts.items()
    }
    return {**{key: value for key, value in row.items() if key not in ("nodes", "instances")}, **nodes, **instances}


def _column(values: Sequence[Any]) -> list[Any]:
    """Give the values of a field as one kind: numbers where all are, else text."""
    stated = [value for value in values if value is not None]
    if all(isinstance(value, bool) for value in stated):
        return list(values)
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in stated):
        whole = all(isinstance(value, int) for value in stated)
        return [value if value is None or whole else float(value) for value in values]
    return [value if value is None or isinstance(value, str) else json.dumps(value) for value in values]
