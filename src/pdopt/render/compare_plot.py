"""A comparison drawn as bars, with matplotlib (the extra ``pdopt[plot]``)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pdopt.render.drawing import blank, write
from pdopt.render.text import usd
from pdopt.studies.compare.answers import Comparison, Option

WINNER, OTHER, BOUND = "#2a9d4a", "#1f5fa8", "#9aa5b1"


def plot_comparison(comparison: Comparison, file: Path) -> None:
    """Draw what each option costs, the cheapest first; those that cannot do it have their reason instead of a bar.

    Raises
    ------
    PlotRefusedError
        matplotlib is not installed, or the file cannot be written.
    """
    options = sorted(comparison.options, key=lambda option: -_cost(option))
    figure = blank(9, 1.7 + 0.45 * len(options))
    axis = figure.subplots()
    most = max((_cost(option) for option in options if option.plan), default=1.0)
    for place, option in enumerate(options):
        _draw(axis, place, option, option.what == comparison.wins, most)
    axis.set_yticks(range(len(options)), [option.what for option in options])
    axis.set(xlabel="dollars per hour", xlim=(0, 1.35 * most), ylim=(-0.6, len(options) - 0.4))
    figure.suptitle(f"{comparison.name}\n{comparison.wins} wins", x=0.01, ha="left", fontsize=11)
    axis.spines[["top", "right"]].set_visible(False)
    write(figure, file)


def _cost(option: Option) -> float:
    return float("inf") if option.plan is None else option.plan.cost_per_hour


def _draw(axis: Any, place: int, option: Option, wins: bool, most: float) -> None:
    """Draw one bar, to the cost; what is not proven is paler beyond the bound."""
    if option.plan is None:
        why = option.why_not or ""
        axis.text(
            0.01 * most, place, why if len(why) < 90 else f"{why[:87]}…", va="center", fontsize=8, color="#555555"
        )
        return
    colour, cost, bound = WINNER if wins else OTHER, option.plan.cost_per_hour, option.plan.bound_per_hour
    axis.barh(place, cost, color=BOUND, height=0.62)
    axis.barh(place, bound, color=colour, height=0.62)
    counts = ", ".join(f"{nodes} {sku}" for sku, nodes in option.plan.nodes.items())
    axis.text(cost + 0.01 * most, place, f"{usd(cost)}  ({counts})", va="center", fontsize=8)
