"""``pdopt frontier``: what tighter targets, or less power, cost."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from pdopt.cli.common import AsJson, FleetFile, Models, Quiet, fleet_or_exit, refuse
from pdopt.cli.studies import Gap, Output, Plot, TimeLimit, answered, check_files, teller

if TYPE_CHECKING:
    from pathlib import Path

    from pdopt.fleet.fleet import Fleet
    from pdopt.studies.frontier.answers import Frontier

INTERRUPTED = 130  # what a shell says of a command that ended on Ctrl-C


class Over(StrEnum):
    """What the cost is weighed against."""

    TTFT = "ttft"
    TPOT = "tpot"
    COST = "cost"
    POWER = "power"


def frontier(
    fleet: FleetFile,
    over: Annotated[Over, typer.Option("--over", help="Weigh the cost against this; cost: all targets, by money.")],
    workload: Annotated[
        list[str] | None, typer.Option("--workload", help="Move the targets of this one alone; may be given again.")
    ] = None,
    shortest: Annotated[
        str, typer.Option("--from", help="Shortest targets: percent of today's, or ms where one target moves.")
    ] = "25%",
    longest: Annotated[str, typer.Option("--to", help="Longest targets, likewise.")] = "400%",
    up_to: Annotated[
        float | None, typer.Option("--up-to", help="Leave out plans dearer than this ($ per hour).", min=0)
    ] = None,
    points: Annotated[int, typer.Option("--points", help="Points to look for at most.", min=1)] = 30,
    as_json: AsJson = False,
    output: Output = None,
    plot: Plot = None,
    time_limit: TimeLimit = 20.0,
    gap: Gap = 0.0,
    models: Models = None,
    quiet: Quiet = False,
) -> None:
    """Weigh cost against latency targets or power: the exact curve.

    Every point that no plan beats in both, each proven: the least cost, and the tightest target (or fewest kilowatts)
    that it buys; with the knees, and where the fleet is today. Ctrl-C ends after the solve under way and gives what
    is found.

    Exit codes: 0 the curve, 2 bad input, 3 infeasible (with the reasons), 4 no plan within the time limit, 130 Ctrl-C.
    """
    check_files(output, plot)
    problem = fleet_or_exit(fleet, models)

    from pdopt.plan.plan import NoPlan
    from pdopt.render.frontier import frontier_lines
    from pdopt.studies.frontier import Range, no_frontier
    from pdopt.studies.frontier import frontier as frontier_of
    from pdopt.studies.frontier.trying import Effort

    names = tuple(dict.fromkeys(workload or ()))
    if (refused := no_frontier(problem, over.value, names)) is not None:
        raise refuse(f"{fleet}: {refused}")
    ends = [_factor(problem, over.value, names, text) for text in (("--from", shortest), ("--to", longest))]
    if ends[0] >= ends[1]:
        raise refuse(f"--from {shortest} --to {longest}: the first must be the shorter one")
    answer = frontier_of(
        problem, over.value, names, Range(ends[0], ends[1], up_to, points), Effort(time_limit, gap), teller(quiet)
    )
    if plot is not None and not isinstance(answer, NoPlan):
        _drawn(answer, plot)
    answered(answer, lambda: () if isinstance(answer, NoPlan) else frontier_lines(answer), output, as_json)
    if not isinstance(answer, NoPlan) and answer.interrupted:
        raise typer.Exit(INTERRUPTED)


def _factor(fleet: Fleet, over: str, names: tuple[str, ...], given: tuple[str, str]) -> float:
    """Read ``50%``, ``0.5``, or where one target moves ``800ms``."""
    from pdopt.studies.frontier import METRICS
    from pdopt.studies.frontier.axes import targets_of

    option, text = given
    number, unit = text.strip(), ""
    for ending in ("ms", "%"):
        if number.endswith(ending):
            number, unit = number.removesuffix(ending).strip(), ending
    targets = targets_of(fleet, METRICS.get(over, ()), names or fleet.workloads)
    try:
        value = float(number)
        today = {"ms": targets[0][1].bound_s * 1e3 if len(targets) == 1 else 0.0, "%": 100.0, "": 1.0}[unit]
        factor = value / today
    except ValueError:
        raise refuse(f"{option} {text}: give percent of today's targets, such as 50%, or milliseconds: 800ms") from None
    except ZeroDivisionError:
        raise refuse(f"{option} {text}: {len(targets)} targets move by one factor; give percent, such as 50%") from None
    if not 0 < factor < float("inf"):
        raise refuse(f"{option} {text}: must be more than nothing")
    return factor


def _drawn(answer: Frontier, file: Path) -> None:
    from pdopt.render.drawing import PlotRefusedError
    from pdopt.render.frontier_plot import plot_frontier

    try:
        plot_frontier(answer, file)
    except PlotRefusedError as why:
        raise refuse(f"{file}: {why}") from None
