"""``pdopt explain``: why the plan costs what it costs, and what would change that."""

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
    refuse,
    say,
)
from pdopt.fleet.files import write_atomically


class Question(StrEnum):
    """What one may ask about."""

    LIMITS = "limits"
    SLOS = "slos"
    PRICES = "prices"
    WORKLOADS = "workloads"


def explain(
    fleet: FleetFile,
    only: Annotated[list[Question] | None, typer.Option("--only", help="Ask this alone; may be given again.")] = None,
    as_json: AsJson = False,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write the JSON to this file.")] = None,
    time_limit: Annotated[float, typer.Option("--time-limit", help="Seconds for each re-solve.", min=0.01)] = 20.0,
    gap: Annotated[
        float, typer.Option("--gap", help="Gap of each re-solve; what saves less is told as a bound.", min=0, max=1)
    ] = 0.0,
    models: Models = None,
    quiet: Quiet = False,
) -> None:
    """Explain a plan's cost: what binds, what each change saves.

    Which limits and targets cost money, at which price each SKU enters or leaves, what each workload costs; all from
    solving again with one thing changed.

    Exit codes: 0 explained, 2 bad input, 3 infeasible (with the reasons), 4 no plan within the time limit.
    """
    check_output(output)
    problem = fleet_or_exit(fleet, models)

    from pdopt.studies.explain import not_explained

    if (refused := not_explained(problem)) is not None:
        raise refuse(f"{fleet}: {refused}")

    from pdopt import explain as explain_fleet
    from pdopt.plan.plan import NoPlan
    from pdopt.render.explain import explanation_lines
    from pdopt.render.plan import answer_lines
    from pdopt.render.text import show

    asked = [question.value for question in only] if only else None
    answer = explain_fleet(problem, time_limit, gap, asked, lambda words: say(words, quiet))
    if output is not None:
        write_atomically(output, answer.to_json())
    if as_json:
        typer.echo(answer.to_json(), nl=False)
    else:
        show(answer_lines(answer) if isinstance(answer, NoPlan) else explanation_lines(answer))
    if isinstance(answer, NoPlan):
        raise typer.Exit(INFEASIBLE if answer.status == "infeasible" else OUT_OF_TIME)
