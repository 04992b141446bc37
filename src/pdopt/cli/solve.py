"""``pdopt solve``: the cheapest plan of a fleet."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pdopt.cli.common import (
    INFEASIBLE,
    OUT_OF_TIME,
    AsJson,
    FleetFile,
    Models,
    Quiet,
    check_output,
    fleet_or_exit,
    plan_or_exit,
    print_notes,
)
from pdopt.fleet.files import write_atomically


class Method(StrEnum):
    """How a fleet is solved."""

    AUTO, WHOLE, PARTS = "auto", "whole", "parts"


def solve(
    fleet: FleetFile,
    as_json: AsJson = False,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write the plan as JSON to this file.")] = None,
    time_limit: Annotated[
        float, typer.Option("--time-limit", help="Seconds for the solver; then the best plan so far.", min=0.01)
    ] = 60.0,
    gap: Annotated[
        float, typer.Option("--gap", help="Stop within this fraction of the bound; 0 proves the optimum.", min=0, max=1)
    ] = 0.0,
    current: Annotated[
        Path | None, typer.Option("--current", help="The plan that runs now (JSON): changes cost what `change` says.")
    ] = None,
    method: Annotated[
        Method,
        typer.Option("--method", help="As one program (whole), by LLM and slot (parts), or what is better."),
    ] = Method.AUTO,
    models: Models = None,
    quiet: Quiet = False,
) -> None:
    """Find the cheapest plan of a fleet and prove it.

    The cheapest instances that carry the load within the targets. Ctrl-C ends the solver as --time-limit does: with the
    best plan so far, and how far from the cheapest it can be.

    Exit codes: 0 a plan, 2 bad input, 3 infeasible (with the reasons), 4 no plan within the time limit.
    """
    check_output(output)
    problem = fleet_or_exit(fleet, models)
    running = None if current is None else plan_or_exit(current)

    from pdopt.cli.progress import watched
    from pdopt.render.plan import answer_lines
    from pdopt.render.text import show
    from pdopt.solving.solve import nothing_yet
    from pdopt.solving.solve import solve as solve_fleet

    try:
        with watched(quiet) as watch:
            answer = solve_fleet(problem, time_limit, gap, running, watch=watch, method=method.value)
    except KeyboardInterrupt:
        answer = nothing_yet(problem)
    print_notes(answer.notes, quiet)
    if output is not None:
        write_atomically(output, answer.to_json())
    if as_json:
        typer.echo(answer.to_json(), nl=False)
    else:
        show(answer_lines(answer))
    if answer.status == "infeasible":
        raise typer.Exit(INFEASIBLE)
    if answer.status == "unknown":
        raise typer.Exit(OUT_OF_TIME)
