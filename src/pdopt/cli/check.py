"""``pdopt check``: validate a fleet file."""

from __future__ import annotations

import typer

from pdopt.cli.common import FleetFile, Models, Quiet, fleet_or_exit, print_notes


def check(fleet: FleetFile, models: Models = None, quiet: Quiet = False) -> None:
    """List every fault of a fleet file at once.

    Validates the file and the profiles it names.

    Exit codes: 0 no fault, 2 faults.
    """
    problem = fleet_or_exit(fleet, models)
    print_notes(problem.notes, quiet)
    parts = [
        f"{len(entries)} {name if len(entries) == 1 else name + 's'}"
        for name, entries in (("LLM", problem.llms), ("SKU", problem.skus), ("workload", problem.workloads))
    ]
    parts += [f"{len(problem.periods)} periods"] if len(problem.periods) > 1 else []
    parts += [f"{len(problem.scenarios)} scenarios"] if len(problem.scenarios) > 1 else []
    shapes = sum(len(llm.prefill) + len(llm.decode) + len(llm.mixed) for llm in problem.llms.values())
    typer.echo(f"{fleet}: no faults ({', '.join(parts)}, {shapes} measured shapes)")
