"""A sweep as a picture: how far each field moves the cost, and the cost against each field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pdopt.render.drawing import PlotRefusedError, blank, write
from pdopt.render.text import number
from pdopt.studies.sweep.answers import Effect, Sweep

MOST_FIELDS = 7
PER_ROW = 4
DEAR, CHEAP, POINT = "#d1662b", "#3b7fb5", "#555555"


def plot_sweep(sweep: Sweep, file: Path) -> None:
    """Draw a tornado of the fields, and cost against each of the first few, with the average of every level.

    Raises
    ------
    PlotRefusedError
        No field moves the cost, or matplotlib is not installed.
    """
    if not sweep.effects:
        raise PlotRefusedError("no field takes two values with a plan, so there is nothing to draw")
    shown = sweep.effects[:MOST_FIELDS]
    panels = len(shown) + (len(sweep.effects) > 1)
    columns = min(panels, PER_ROW)
    lines = -(-panels // columns)
    figure = blank(4.6 * columns + 0.6, 3.9 * lines + 0.5)
    axes = list(figure.subplots(lines, columns, squeeze=False).flat)
    if len(sweep.effects) > 1:
        _tornado(axes.pop(0), sweep)
    for axis, effect in zip(axes, shown, strict=False):
        _against(axis, effect, sweep)
    for axis in axes[len(shown) :]:
        axis.set_visible(False)
    solved = len(sweep.solved())
    figure.suptitle(f"{sweep.name}: {solved:,} of {len(sweep.scenarios):,} scenarios with a plan")
    write(figure, file)


def _tornado(axis: Any, sweep: Sweep) -> None:
    """Draw the average cost at the lowest and at the highest level of each field, the widest on top."""
    costs = [row["cost_per_hour"] for row in sweep.solved()]
    middle = sum(costs) / len(costs)
    effects = list(reversed(sweep.effects[: 2 * MOST_FIELDS]))
    for place, effect in enumerate(effects):
        for level in (effect.levels[0], effect.levels[-1]):
            cost = level.mean_cost_per_hour
            axis.barh(place, cost - middle, left=middle, color=DEAR if cost > middle else CHEAP, height=0.6)
            side = "left" if cost >= middle else "right"
            axis.annotate(_ends(level), (cost, place), (3 if side == "left" else -3, 0), textcoords="offset points",
                          ha=side, va="center", fontsize=7)  # fmt: skip
    axis.axvline(middle, color="0.3", lw=0.8)
    axis.set_yticks(range(len(effects)), [_short(effect.field, sweep) for effect in effects], fontsize=8)
    ends = [level.mean_cost_per_hour for effect in effects for level in (effect.levels[0], effect.levels[-1])]
    room = 0.6 * (max(ends) - min(ends))
    axis.set_xlim(min(ends) - room, max(ends) + room)
    axis.set(title="what moves the cost", xlabel="average $ per hour at each field's ends")
    _dress(axis)


def _against(axis: Any, effect: Effect, sweep: Sweep) -> None:
    rows = [row for row in sweep.solved() if row[effect.field] is not None]
    values = [row[effect.field] for row in rows]
    costs = [row["cost_per_hour"] for row in rows]
    points = {"s": 9, "alpha": max(0.12, min(0.7, 60 / len(rows))), "color": POINT, "lw": 0}
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        axis.scatter(values, costs, **points)
        levels = [level for level in effect.levels if level.least is not None]
        middles = [(level.least + level.most) / 2 for level in levels]  # type: ignore[operator]
        axis.plot(middles, [level.mean_cost_per_hour for level in levels], "o-", color=DEAR, ms=4, lw=1.5)
    else:
        names = [str(level.least) for level in effect.levels if level.least is not None]
        axis.scatter([names.index(str(value)) for value in values], costs, **points)
        means = [level.mean_cost_per_hour for level in effect.levels if level.least is not None]
        axis.plot(range(len(names)), means, "o", color=DEAR, ms=5)
        axis.set_xticks(range(len(names)), [name[:18] for name in names], fontsize=8)
    axis.set(xlabel=_short(effect.field, sweep), ylabel="$ per hour")
    _dress(axis)


def _ends(level: Any) -> str:
    told = [number(v) if isinstance(v, int | float) and not isinstance(v, bool) else str(v)
            for v in (level.least, level.most)]  # fmt: skip
    return told[0] if told[0] == told[1] else " to ".join(told)


def _short(name: str, sweep: Sweep) -> str:
    """Give a field on two lines: where it stands, and its key."""
    where, dot, key = name.rpartition(".")
    factor = " (factor)" if name in sweep.factors else ""
    return f"{where}\n{key}{factor}" if dot and len(name) > 22 else f"{name}{factor}"


def _dress(axis: Any) -> None:
    axis.grid(alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
