"""``pdopt simulate``: whether a plan keeps what it promises."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pdopt.cli.common import INFEASIBLE, AsJson, Models, Quiet, plan_or_exit, print_notes, refuse
from pdopt.cli.simulation_input import fleet_of, plan_with_file, shares, spread_of, traces_of
from pdopt.cli.studies import Output, Plot, check_files, write

if TYPE_CHECKING:
    from pdopt.simulate.answers import Simulation


class Arrivals(StrEnum):
    """How requests arrive."""

    POISSON = "poisson"
    GAMMA = "gamma"
    TRACE = "trace"


class Dispatch(StrEnum):
    """How a router chooses an instance."""

    RANDOM = "random"
    ROUND_ROBIN = "round_robin"
    LEAST_REQUESTS = "least_requests"
    LEAST_WORK = "least_work"


PlanFile = Annotated[Path, typer.Argument(help="A plan that pdopt solve -o wrote (JSON).", show_default=False)]
FleetOption = Annotated[Path | None, typer.Option("--fleet", help="The fleet, where the plan does not find it.")]
Requests = Annotated[int, typer.Option("--requests", help="Requests that count, of all replications.", min=1000)]
Replications = Annotated[int, typer.Option("--replications", help="Independent runs.", min=2)]
Seed = Annotated[int, typer.Option("--seed", help="Of the random numbers: the same seed, the same answer.", min=0)]
Confidence = Annotated[float, typer.Option("--confidence", help="Of the intervals.", min=0.5, max=0.9999)]
How = Annotated[Arrivals | None, typer.Option("--arrivals", help="Poisson if left out; of the trace with --trace.")]
Cv = Annotated[float, typer.Option("--cv", help="Gaps with --arrivals gamma: standard deviation over mean.", min=0.05)]
Trace = Annotated[
    list[str] | None,
    typer.Option("--trace", help="WORKLOAD=FILE: replay this request log; FILE for the only workload.", metavar="LOG"),
]
AsRecorded = Annotated[bool, typer.Option("--as-recorded", help="Replay logs at their own rate, not at the demand.")]
Router = Annotated[
    Dispatch | None,
    typer.Option("--dispatch", help="As the fleet assumes if left out: random, or least_work (pooled)."),
]
Chunk = Annotated[int | None, typer.Option("--chunk-tokens", help="Prefill in steps of so many tokens.", min=1)]
Outputs = Annotated[str, typer.Option("--outputs", help="Lengths: fixed, exponential, or lognormal:CV.")]
Inputs = Annotated[str, typer.Option("--inputs", help="Lengths: fixed, exponential, or lognormal:CV.")]
Concurrency = Annotated[
    list[str] | None,
    typer.Option("--concurrency", help="WORKLOAD=N: so many in flight, a closed loop; N for all.", metavar="FLIGHT"),
]
Think = Annotated[float, typer.Option("--think-s", help="Mean time between two requests of a closed loop.", min=0)]
HitRate = Annotated[float | None, typer.Option("--hit-rate", help="Part of the requests that hit the prefix cache.")]
Lost = Annotated[int, typer.Option("--lost", help="Instances of every pool that are gone all the time.", min=0)]
Lasts = Annotated[float | None, typer.Option("--fails-every-h", help="Hours that an instance lasts on average.")]
Repair = Annotated[float, typer.Option("--repair-min", help="Minutes until a failed instance is back, on average.")]
WarmUp = Annotated[float | None, typer.Option("--warm-up", help="Requests left out at the start, per counted one.")]


def simulate(
    plan: PlanFile,
    fleet: FleetOption = None,
    requests: Requests = 200_000,
    replications: Replications = 10,
    seed: Seed = 0,
    confidence: Confidence = 0.95,
    arrivals: How = None,
    cv: Cv = 2.0,
    trace: Trace = None,
    as_recorded: AsRecorded = False,
    dispatch: Router = None,
    chunk_tokens: Chunk = None,
    outputs: Outputs = "fixed",
    inputs: Inputs = "fixed",
    concurrency: Concurrency = None,
    think_s: Think = 0.0,
    hit_rate: HitRate = None,
    lost: Lost = 0,
    fails_every_h: Lasts = None,
    repair_min: Repair = 15.0,
    warm_up: WarmUp = None,
    as_json: AsJson = False,
    output: Output = None,
    plot: Plot = None,
    models: Models = None,
    quiet: Quiet = False,
) -> None:
    """Simulate a plan request by request: whether its targets hold.

    Discrete events on the measured curves, with none of the arithmetic that the plan was made by: latencies with
    confidence intervals, a verdict for each target, and how busy the pools are.

    Exit codes: 0 no target fails (some may be undecided, which is said), 2 bad input, 3 a target fails.
    """
    check_files(output, plot)
    made = plan_or_exit(plan)
    plan_with_file(plan, output)
    problem, notes = fleet_of(plan, made, fleet, models)

    from pdopt.simulate import Failures, Settings

    logs = traces_of(trace or [], problem)
    settings = Settings(
        requests=requests,
        replications=replications,
        seed=seed,
        confidence=confidence,
        arrivals=arrivals.value if arrivals else "trace" if logs else "poisson",
        gap_cv=cv,
        dispatch=dispatch.value if dispatch else None,
        chunk_tokens=chunk_tokens,
        outputs=spread_of("--outputs", outputs),
        inputs=spread_of("--inputs", inputs),
        concurrency=shares(concurrency or [], problem),
        think_s=think_s,
        hit_rate=hit_rate,
        failures=None if fails_every_h is None else Failures(fails_every_h * 3600, repair_min * 60),
        lost=lost,
        warm_up=warm_up,
        as_recorded=as_recorded,
    )
    from pdopt.cli.bar import bar

    with bar("simulating", quiet) as step:
        from pdopt.simulate import simulate as by_events

        try:
            found = by_events(problem, made, settings, logs, step=step)
        except ValueError as why:
            raise refuse("\n".join(f"{plan}: {line}" for line in str(why).splitlines())) from None
    _answer(found, output, plot, as_json)
    print_notes([*notes, *found.notes], quiet)
    if found.failing():
        raise typer.Exit(INFEASIBLE)


def _answer(found: Simulation, output: Path | None, plot: Path | None, as_json: bool) -> None:
    from pdopt.render.simulation import simulation_lines
    from pdopt.render.text import show

    if output is not None:
        write(found, output)
    if plot is not None:
        from pdopt.render.drawing import PlotRefusedError
        from pdopt.render.plot_simulation import plot_simulation

        try:
            plot_simulation(found, plot)
        except PlotRefusedError as why:
            raise refuse(f"--plot {plot}: {why}") from None
    if as_json:
        typer.echo(found.to_json(), nl=False)
    else:
        show(simulation_lines(found))
