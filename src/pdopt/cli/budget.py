"""``pdopt budget``: demand served against money; growing demand month by month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pdopt.cli.common import AsJson, FleetFile, Models, Quiet, fleet_or_exit, refuse
from pdopt.cli.studies import Gap, Output, Plot, TimeLimit, answered, check_files, teller

if TYPE_CHECKING:
    from pdopt.fleet.fleet import Fleet


def budget(
    fleet: FleetFile,
    months: Annotated[
        int | None, typer.Option("--months", help="Plan so many months, the first at the demand stated.", min=1, max=120)
    ] = None,
    owe_all: Annotated[
        bool, typer.Option("--owe-all", help="Count what commitments cost after the last month too.")
    ] = False,
    as_json: AsJson = False,
    output: Output = None,
    plot: Plot = None,
    time_limit: TimeLimit = 60.0,
    gap: Gap = 0.0,
    models: Models = None,
    quiet: Quiet = False,
) -> None:
    """Plan growing demand month by month.

    Exit codes: 0 answered, 2 bad input, 3 infeasible (with the reasons), 4 no plan within the time limit.
    """
    check_files(output, plot)
    problem = fleet_or_exit(fleet, models)
    from pdopt.plan.plan import NoPlan
    from pdopt.render.months import months_lines
    from pdopt.studies.months import not_planned, plan_months

    if (refused := not_planned(problem)) is not None:
        raise refuse(f"{fleet}: {refused}")
    answer = plan_months(problem, months, time_limit, gap, owe_all=owe_all, tell=teller(quiet))
    answered(answer, lambda: () if isinstance(answer, NoPlan) else months_lines(answer), output, as_json)
