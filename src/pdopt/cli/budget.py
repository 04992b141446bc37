"""``pdopt budget``: demand served against money; growing demand month by month."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from math import inf, nan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pdopt.cli.common import AsJson, FleetFile, Models, Quiet, fleet_or_exit, refuse
from pdopt.cli.studies import Gap, Output, Plot, answered, check_files, teller
from pdopt.fleet.hours import HOURS_PER_MONTH, HOURS_PER_YEAR

if TYPE_CHECKING:
    from pdopt.plan.plan import NoPlan
    from pdopt.render.text import Line
    from pdopt.studies.budget.answers import BudgetCurve
    from pdopt.studies.months.answers import MonthlyPlan


CURVE_S, MONTHS_S = 20.0, 60.0  # time limits


class Per(StrEnum):
    """The time that amounts of money are for."""

    hour = "hour"
    month = "month"
    year = "year"


HOURS = {Per.hour: 1, Per.month: HOURS_PER_MONTH, Per.year: HOURS_PER_YEAR}


def budget(
    fleet: FleetFile,
    at: Annotated[str | None, typer.Option("--at", help="Dollars to ask about, such as 200,400.")] = None,
    per: Annotated[Per, typer.Option("--per", help="What the dollars of --at are for.")] = Per.hour,
    steps: Annotated[int | None, typer.Option("--steps", help="How many steps of the curve to find.", min=2)] = None,
    months: Annotated[
        int | None,
        typer.Option("--months", help="Plan so many months, the first at the demand stated.", min=1, max=120),
    ] = None,
    owe_all: Annotated[
        bool, typer.Option("--owe-all", help="Count what commitments cost after the last month, too.")
    ] = False,
    as_json: AsJson = False,
    output: Output = None,
    plot: Plot = None,
    time_limit: Annotated[
        float | None, typer.Option("--time-limit", help="Seconds for each solve: 20, of months 60.", min=0.01)
    ] = None,
    gap: Gap = 0.0,
    models: Models = None,
    quiet: Quiet = False,
) -> None:
    """Tell what money serves; plan growing demand month by month.

    The steps of demand served against money, what each buys, where the curve bends and what everything costs. Where the
    fleet states growth or months (or --months does): what to order when, so that it is there in time, at least cost;
    with --at or --steps, the curve over these months.

    Exit codes: 0 answered, 2 bad input, 3 infeasible (with the reasons), 4 no plan within the time limit.
    """
    check_files(output, plot)
    amounts = None if at is None else _amounts(at, per)
    problem = fleet_or_exit(fleet, models)
    ahead = months or problem.months
    if ahead is None and owe_all:
        raise refuse("--owe-all counts what is owed after the last month planned; say how many with --months")
    from pdopt.plan.plan import NoPlan
    from pdopt.studies.budget import STEPS, budget_curve, not_budgeted
    from pdopt.studies.months import not_planned, plan_months
    from pdopt.studies.months.expand import over_months

    tell = teller(quiet)
    curved = ahead is None or amounts is not None or steps is not None
    if (refused := not_budgeted(problem) if curved else not_planned(problem)) is not None:
        raise refuse(f"{fleet}: {refused}")
    answer: BudgetCurve | MonthlyPlan | NoPlan
    if ahead is not None and not curved:
        answer = plan_months(problem, ahead, time_limit or MONTHS_S, gap, owe_all=owe_all, tell=tell)
    else:
        asked = problem if ahead is None else over_months(problem, ahead, owe_all)
        answer = budget_curve(asked, amounts, steps or STEPS, time_limit or CURVE_S, gap, tell)
        if not isinstance(answer, NoPlan):
            answer = answer.model_copy(update={"months": ahead})
    if plot is not None:
        _draw(answer, plot)
    answered(answer, lambda: () if isinstance(answer, NoPlan) else _lines(answer), output, as_json)


def _amounts(text: str, per: Per) -> list[float]:
    """Give dollars per hour."""
    try:
        amounts = [float(part.replace("_", "")) for part in text.split(",")]
    except ValueError:
        amounts = [nan]
    if not all(0 <= amount < inf for amount in amounts):
        raise refuse(f"--at {text}: must be dollars, such as 200,400 (no sign, no blanks, no commas within)")
    return [amount / HOURS[per] for amount in amounts]


def _lines(answer: BudgetCurve | MonthlyPlan) -> Iterable[Line]:
    from pdopt.render.budget import curve_lines
    from pdopt.render.months import months_lines
    from pdopt.studies.months.answers import MonthlyPlan

    return months_lines(answer) if isinstance(answer, MonthlyPlan) else curve_lines(answer)


def _draw(answer: BudgetCurve | MonthlyPlan | NoPlan, file: Path) -> None:
    from pdopt.plan.plan import NoPlan
    from pdopt.render.budget_plot import plot_curve, plot_months
    from pdopt.render.drawing import PlotRefusedError
    from pdopt.studies.months.answers import MonthlyPlan

    if isinstance(answer, NoPlan):
        return
    try:
        (plot_months if isinstance(answer, MonthlyPlan) else plot_curve)(answer, file)  # type: ignore[arg-type]
    except PlotRefusedError as why:
        raise refuse(f"--plot {file}: {why}") from None
