"""A frontier drawn as the staircase it is, with matplotlib (the extra ``pdopt[plot]``)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pdopt.render.drawing import blank, write
from pdopt.studies.frontier.answers import Frontier
from pdopt.studies.frontier.words import amount, what_varies

CURVE, KNEE, TODAY = "#1f5fa8", "#d1495b", "#2a9d4a"


def plot_frontier(frontier: Frontier, file: Path) -> None:
    """Draw the cost of each target (or of each kilowatt), its points, the knees, and where the fleet is today.

    Raises
    ------
    PlotRefusedError
        matplotlib is not installed, or the file cannot be written.
    """
    figure = blank(9, 5.4)
    axis = figure.subplots()
    by_money = frontier.over == "cost"
    _draw_steps(axis, frontier, by_money)
    _draw_marks(axis, frontier, by_money)
    at = {"ms": "target in ms", "%": "targets, per cent of today's", "kW": "kilowatts of all nodes"}[frontier.unit]
    money = "dollars per hour"
    axis.set(xlabel=money if by_money else at, ylabel=at if by_money else money)
    axis.set_title(f"{frontier.name}: cost against {what_varies(frontier)}", loc="left", fontsize=11)
    axis.grid(alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(fontsize=9, frameon=False)
    write(figure, file)


def _draw_steps(axis: Any, frontier: Frontier, by_money: bool) -> None:
    """Draw what the cost is at every target: that of the next tighter point; dashed, what no plan is below."""
    ats = [point.at for point in frontier.points]
    end = ats[-1] + max((ats[-1] - ats[0]) * 0.12, ats[-1] * 0.02)
    if frontier.today.at is not None:
        end = min(max(end, frontier.today.at * 1.05), max(frontier.most, ats[-1] * 1.02))
    costs = [point.plan.cost_per_hour for point in frontier.points]
    bounds = [point.plan.bound_per_hour for point in frontier.points]
    _line(axis, ([*ats, end], [*costs, costs[-1]]), by_money, color=CURVE, lw=1.8, label="least cost")
    if any(bound < cost * (1 - 1e-6) for bound, cost in zip(bounds, costs, strict=True)):
        drawn = ([*ats, end], [*bounds, bounds[-1]])
        _line(axis, drawn, by_money, color=CURVE, lw=1, ls="--", label="no plan is cheaper")
    axis.plot(*_pair(ats, costs, by_money), "o", color=CURVE, ms=5)


def _line(axis: Any, drawn: tuple[list[float], list[float]], by_money: bool, **style: Any) -> None:
    axis.step(*_pair(*drawn, by_money), where="pre" if by_money else "post", **style)


def _draw_marks(axis: Any, frontier: Frontier, by_money: bool) -> None:
    for i, knee in enumerate(frontier.knees):
        place = _pair(knee.at, knee.cost_per_hour, by_money)
        axis.plot(*place, "o", color=KNEE, ms=9, label=None if i else "knee")
        words = f"{amount(frontier.unit, knee.at)}\n${knee.cost_per_hour:,.0f}"
        axis.annotate(words, place, xytext=(9, 9), textcoords="offset points", color=KNEE, fontsize=9)
    today = frontier.today
    if today.at is not None and today.cost_per_hour is not None:
        place = _pair(today.at, today.cost_per_hour, by_money)
        axis.plot(*place, "D", color=TODAY, ms=8, label=f"today, {amount(frontier.unit, today.at)}")


def _pair(at: Any, cost: Any, by_money: bool) -> tuple[Any, Any]:
    return (cost, at) if by_money else (at, cost)
