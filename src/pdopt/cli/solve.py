"""``pdopt solve``: the cheapest plan of a fleet."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    refuse,
)
from pdopt.cli.simulate import Cv, How, Router, Trace
from pdopt.cli.simulation_input import traces_of
from pdopt.cli.validating import Validate, load_of, validated_or_stopped
from pdopt.fleet.files import seen_from, write_atomically

if TYPE_CHECKING:
    from pdopt.fleet.fleet import Fleet
    from pdopt.plan.plan import Answer
    from pdopt.solving.watch import Watch


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
    validate: Validate = False,
    trace: Trace = None,
    arrivals: How = None,
    cv: Cv = 2.0,
    dispatch: Router = None,
    method: Annotated[
        Method,
        typer.Option("--method", help="As one program (whole), by LLM and slot (parts), or what is better."),
    ] = Method.AUTO,
    models: Models = None,
    quiet: Quiet = False,
) -> None:
    """Find the cheapest plan of a fleet and prove it.

    The cheapest instances that carry the load within the targets. Ctrl-C ends the solver as --time-limit does: with the
    best plan so far, and how far from the cheapest it can be. --validate simulates the plan request by request, as
    --trace, --arrivals, --cv and --dispatch say, and plans with more caution until every target holds there.

    Exit codes: 0 a plan, 2 bad input, 3 infeasible (with the reasons) or no plan that holds in simulation, 4 no plan
    within the time limit.
    """
    check_output(output)
    if not validate and (trace or arrivals or dispatch):
        raise refuse("--trace, --arrivals, --cv and --dispatch say how to simulate; add --validate")
    problem = fleet_or_exit(fleet, models)
    running = None if current is None else plan_or_exit(current)
    logs = traces_of(trace or [], problem)

    from pdopt.cli.progress import watched
    from pdopt.plan.plan import Plan
    from pdopt.render.plan import answer_lines
    from pdopt.render.text import show
    from pdopt.solving.solve import nothing_yet
    from pdopt.solving.solve import solve as solve_fleet

    last: list[Answer] = []

    def solved(asked: Fleet) -> tuple[Answer, bool]:
        def watching(watch: Watch) -> tuple[Answer, bool]:
            last.append(solve_fleet(asked, time_limit, gap, running, watch=watch, method=method.value))
            return last[-1], watch.stopped

        return watched(quiet, watching)

    try:
        if validate:
            how = arrivals.value if arrivals else "trace" if logs else "poisson"
            load = load_of(problem, logs, how, cv, dispatch.value if dispatch else None)
            answer = validated_or_stopped(problem, solved, load, quiet)
        else:
            answer, _ = solved(problem)
    except KeyboardInterrupt:
        answer = last[-1] if last else nothing_yet(problem)
    print_notes(answer.notes, quiet)
    if output is not None:
        if isinstance(answer, Plan):
            answer = answer.model_copy(update={"fleet_file": seen_from(output.parent, fleet)})
        write_atomically(output, answer.to_json())
    if as_json:
        typer.echo(answer.to_json(), nl=False)
    else:
        show(answer_lines(answer))
    if answer.status == "infeasible" or (
        isinstance(answer, Plan) and answer.validation and not answer.validation.holds
    ):
        raise typer.Exit(INFEASIBLE)
    if answer.status == "unknown":
        raise typer.Exit(OUT_OF_TIME)
