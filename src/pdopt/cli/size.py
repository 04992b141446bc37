"""``pdopt size``: the paper's closed formulas for one workload."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from pdopt.cli.common import INFEASIBLE, AsJson, FleetFile, Models, Quiet, fleet_or_exit, print_notes, refuse


def size(
    fleet: FleetFile,
    workload: Annotated[str | None, typer.Option("--workload", "-w", help="Which one, if there are several.")] = None,
    as_json: AsJson = False,
    models: Models = None,
    quiet: Quiet = False,
) -> None:
    """Size one workload by closed formulas.

    P:D ratio, fractional and whole counts, without a program.

    Stock is not considered. Exit codes: 0 sizes, 2 bad input, 3 no instance can serve the workload.
    """
    problem = fleet_or_exit(fleet, models)
    if workload is None and len(problem.workloads) > 1:
        raise refuse(f"{fleet}: has several workloads; choose one with --workload: {', '.join(problem.workloads)}")
    name = workload or next(iter(problem.workloads))
    if name not in problem.workloads:
        raise refuse(f"--workload {name}: is not in {fleet}; there are {', '.join(problem.workloads)}")

    from pdopt.render.size import sizing_lines
    from pdopt.render.text import show
    from pdopt.studies.size import size as size_workload

    sizing = size_workload(problem, name)
    if as_json:
        typer.echo(json.dumps(sizing.to_dict(), indent=2))
    else:
        show(sizing_lines(sizing))
    print_notes(sizing.refusals, quiet)
    roles = {side.role for side in sizing.sides}
    if not sizing.pairs and "mixed" not in roles:
        raise typer.Exit(INFEASIBLE)
