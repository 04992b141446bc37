"""``pdopt compare``: every SKU alone, the best pair, disaggregated against mixed, the free mix."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pdopt.cli.common import AsJson, FleetFile, Models, Quiet, fleet_or_exit, refuse
from pdopt.cli.studies import Gap, Output, Plot, TimeLimit, answered, check_files, teller

if TYPE_CHECKING:
    from pdopt.studies.compare.answers import Comparison


def compare(
    fleet: FleetFile,
    prices: Annotated[bool, typer.Option(help="Find the price at which each SKU enters or leaves.")] = True,
    as_json: AsJson = False,
    output: Output = None,
    plot: Plot = None,
    time_limit: TimeLimit = 20.0,
    gap: Gap = 0.0,
    models: Models = None,
    quiet: Quiet = False,
) -> None:
    """Compare the ways of building a fleet: what wins and why.

    Every SKU alone, the best pair (prefill on one, decode on another), disaggregated against ordinary instances, and
    the free mix: cost, counts, dollars per million tokens, power; and the break-even price of each SKU.

    Exit codes: 0 compared, 2 bad input, 3 infeasible (with the reasons), 4 no plan within the time limit.
    """
    check_files(output, plot)
    problem = fleet_or_exit(fleet, models)

    from pdopt.plan.plan import NoPlan
    from pdopt.render.compare import comparison_lines
    from pdopt.studies.compare import compare as compare_fleet
    from pdopt.studies.compare import not_compared

    if (refused := not_compared(problem)) is not None:
        raise refuse(f"{fleet}: {refused}")
    answer = compare_fleet(problem, time_limit, gap, prices, teller(quiet))
    if plot is not None and not isinstance(answer, NoPlan):
        _drawn(answer, plot)
    answered(answer, lambda: () if isinstance(answer, NoPlan) else comparison_lines(answer), output, as_json)


def _drawn(answer: Comparison, file: Path) -> None:
    from pdopt.render.compare_plot import plot_comparison
    from pdopt.render.drawing import PlotRefusedError

    try:
        plot_comparison(answer, file)
    except PlotRefusedError as why:
        raise refuse(f"{file}: {why}") from None
