"""``pdopt compare``: every SKU alone, the best pair, disaggregated against mixed, the free mix."""

from __future__ import annotations

from typing import Annotated

import typer

from pdopt.cli.common import AsJson, FleetFile, Models, Quiet, fleet_or_exit, refuse
from pdopt.cli.studies import Gap, Output, TimeLimit, answered, check_files, teller


def compare(
    fleet: FleetFile,
    prices: Annotated[bool, typer.Option(help="Find the price at which each SKU enters or leaves.")] = True,
    as_json: AsJson = False,
    output: Output = None,
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
    check_files(output)
    problem = fleet_or_exit(fleet, models)

    from pdopt.plan.plan import NoPlan
    from pdopt.render.compare import comparison_lines
    from pdopt.studies.compare import compare as compare_fleet
    from pdopt.studies.compare import not_compared

    if (refused := not_compared(problem)) is not None:
        raise refuse(f"{fleet}: {refused}")
    answer = compare_fleet(problem, time_limit, gap, prices, teller(quiet))
    answered(answer, lambda: () if isinstance(answer, NoPlan) else comparison_lines(answer), output, as_json)
