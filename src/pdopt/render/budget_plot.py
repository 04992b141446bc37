"""Pictures of budgets: what money serves, and what months cost, with matplotlib (the extra ``pdopt[plot]``)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pdopt.fleet.hours import HOURS_PER_MONTH
from pdopt.render.drawing import PlotRefusedError, blank, write
from pdopt.studies.budget.answers import BudgetCurve
from pdopt.studies.months.answers import MonthlyPlan

MOST_LINES = 8
Kind = tuple[str, str]  # SKU and term


def plot_curve(curve: BudgetCurve, file: Path) -> None:
    """Draw the part of the demand that money serves, the bend marked, and that of each workload.

    Raises
    ------
    PlotRefusedError
        Nothing to draw, or matplotlib is not installed.
    """
    if not curve.steps:
        raise PlotRefusedError("there is no step to draw")
    names = list(curve.steps[0].workloads)
    apart = 1 < len(names) <= MOST_LINES
    figure, axes = _figure(2 if apart else 1)
    from matplotlib.ticker import MaxNLocator

    money = [step.cost_per_hour for step in curve.steps]
    end = max([*money, curve.everything_per_hour or 0.0]) * 1.04 or 1.0
    _draw_value(axes[0], curve, money, end)
    if apart:
        for i, name in enumerate(names):
            parts = [100 * step.workloads[name] for step in curve.steps]
            axes[1].step([*money, end], [*parts, parts[-1]], where="post", color=f"C{i}", label=name, lw=1.6)
        axes[1].legend(fontsize=8)
        axes[1].set(title="served of each workload", ylabel="% of its demand", xlim=(0, end), ylim=(0, 105))
    for axis in axes:
        axis.set_xlabel("dollars per hour")
        above = axis.secondary_xaxis("top", functions=(_to_month, _to_hour))
        above.set_xlabel("dollars a month", fontsize=8)
        above.tick_params(labelsize=8)
        above.xaxis.set_major_locator(MaxNLocator(6))
        above.xaxis.set_major_formatter("{x:,.0f}")
    figure.suptitle(f"{curve.name}: what money serves")
    write(figure, file)


def _to_month(usd_per_h: Any) -> Any:
    return usd_per_h * HOURS_PER_MONTH


def _to_hour(usd_per_month: Any) -> Any:
    return usd_per_month / HOURS_PER_MONTH


def _draw_value(axis: Any, curve: BudgetCurve, money: list[float], end: float) -> None:
    top = max(step.value_per_hour for step in curve.steps) or 1.0
    parts = [100 * step.value_per_hour / top for step in curve.steps]
    for gap in curve.between:
        low, high = (100 * value / top for value in (gap.value_per_hour, gap.value_at_most_per_hour))
        axis.fill_between([gap.from_usd_per_hour, gap.to_usd_per_hour], low, high, color="C0", alpha=0.15, lw=0)
    axis.step([*money, end], [*parts, parts[-1]], where="post", color="C0", lw=1.8)
    axis.plot(money, parts, "o", color="C0", ms=4)
    if curve.between:
        axis.fill_between([], [], color="C0", alpha=0.15, label="may lie in here")
    if curve.knee is not None:
        bend = curve.knee.cost_per_hour
        value = next(100 * s.value_per_hour / top for s in curve.steps if s.cost_per_hour == bend)
        told = f"bends at ${bend:,.2f}: {value:.0f} % of the value"
        axis.plot([bend], [value], "o", color="C3", ms=9, mfc="none", mew=2, label=told)
    marks = (("serves everything", curve.everything_per_hour, "C2"), ("budget", curve.stated_per_hour, "C7"))
    for words, amount, colour in marks:
        if amount is not None:
            axis.axvline(amount, color=colour, ls="--", lw=1, label=f"${amount:,.2f} {words}")
    axis.legend(fontsize=8, loc="lower right")
    axis.set(title="value served", ylabel="% of the most", xlim=(0, end), ylim=(0, 105))


def plot_months(plan: MonthlyPlan, file: Path) -> None:
    """Draw what each month costs and which nodes are there, by SKU and term; other ways in dashes.

    Raises
    ------
    PlotRefusedError
        Nothing to draw, or matplotlib is not installed.
    """
    figure, axes = _figure(2)
    kinds = list(dict.fromkeys((one.sku, one.term) for month in plan.months for one in month.held))
    usd = [{(one.sku, one.term): one.usd / 1e3 for one in month.held} for month in plan.months]
    nodes = [{(one.sku, one.term): float(one.nodes) for one in month.held} for month in plan.months]
    _stack(axes[0], kinds, usd, "thousand dollars of the month")
    _stack(axes[1], kinds, nodes, "nodes")
    for i, other in enumerate(plan.alternatives):
        if other.usd is not None:
            mean = other.usd / 1e3 / plan.months_planned
            axes[0].axhline(mean, color="0.35", ls=("--", ":", "-.")[i % 3], lw=1, label=f"{other.what}, on average")
    _mark_orders(axes[1], plan)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8)
    figure.suptitle(f"{plan.name}: ${plan.usd:,.0f} over {plan.months_planned} months")
    write(figure, file)


def _stack(axis: Any, kinds: list[Kind], of_month: list[dict[Kind, float]], title: str) -> None:
    numbers = [i + 1 for i in range(len(of_month))]
    floor = [0.0] * len(numbers)
    for i, kind in enumerate(kinds):
        heights = [amounts.get(kind, 0.0) for amounts in of_month]
        axis.bar(numbers, heights, bottom=floor, color=f"C{i}", label=" ".join(kind), width=0.8)
        floor = [low + height for low, height in zip(floor, heights, strict=True)]
    axis.set(title=title, xlabel="month", xticks=numbers[:: 1 + len(numbers) // 24])


def _mark_orders(axis: Any, plan: MonthlyPlan) -> None:
    top = max((month.nodes for month in plan.months), default=0) or 1
    for month in sorted({order.order_month for order in plan.orders}):
        count = sum(order.nodes for order in plan.orders if order.order_month == month)
        axis.annotate(f"order {count}", (month, top * 1.06), ha="center", fontsize=8, rotation=90, color="0.25")
    axis.set_ylim(0, top * 1.3)


def _figure(columns: int) -> tuple[Any, list[Any]]:
    figure = blank(7.5 * columns, 5.2)
    axes = figure.subplots(1, columns, squeeze=False)[0]
    for axis in axes:
        axis.grid(alpha=0.3)
        axis.set_axisbelow(True)
        axis.spines["right"].set_visible(False)
    return figure, list(axes)
