"""``pdopt sweep``: grids and samples over any key of a fleet file."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from pdopt.cli.common import (
    BAD_INPUT,
    INFEASIBLE,
    OUT_OF_TIME,
    AsJson,
    FleetFile,
    Models,
    Quiet,
    catalogue_or_exit,
    print_notes,
    refuse,
    say,
    told,
)
from pdopt.cli.progress_line import ProgressLine
from pdopt.cli.studies import Output, Plot, check_files, write

if TYPE_CHECKING:
    from pdopt.studies.sweep import Asked, Prepared
    from pdopt.studies.sweep.answers import Sweep
    from pdopt.studies.sweep.journal import InMemory, Journal

INTERRUPTED = 130
Vary = Annotated[
    list[str] | None,
    typer.Option("--vary", help="KEY=VALUES: 40:70:7, [40, 55], *0.8:1.2:5, uniform(40, 70); may be given again."),
]
Variations = Annotated[Path | None, typer.Option("--variations", help="Variations in a file (CSV, YAML).")]
Samples = Annotated[int, typer.Option("--samples", help="How often to draw from distributions.", min=1)]
Seed = Annotated[int, typer.Option("--seed", help="Where drawing starts; the same again with the same.", min=0)]
Jobs = Annotated[str | None, typer.Option("--jobs", help="Processes on this machine, or all (one a core).")]
Cluster = Annotated[str | None, typer.Option("--cluster", help="A Dask scheduler: its address, or its file.")]
TimeLimit = Annotated[float, typer.Option("--time-limit", help="Seconds for each scenario.", min=0.01)]
Gap = Annotated[float, typer.Option("--gap", help="Gap at which each solve may stop.", min=0, max=1)]


def sweep(
    fleet: FleetFile,
    vary: Vary = None,
    variations: Variations = None,
    samples: Samples = 100,
    seed: Seed = 0,
    jobs: Jobs = None,
    cluster: Cluster = None,
    as_json: AsJson = False,
    output: Output = None,
    plot: Plot = None,
    time_limit: TimeLimit = 20.0,
    gap: Gap = 0.01,
    models: Models = None,
    quiet: Quiet = False,
) -> None:
    """Solve a fleet many times with keys of its file varied.

    Listed values make a grid, distributions are drawn from. With -o every finished scenario is kept in a journal beside
    the output: start the same command again, whatever stopped it, and it goes on. What fails is a row.

    Exit codes: 0 swept, 2 bad input, 3 every scenario infeasible, 4 no plan in time for any, 130 stopped.
    """
    processes = _processes(jobs, cluster)
    prepared = _prepared(fleet, vary, variations, (samples, seed), (models, time_limit, gap))
    kept = _kept(output, plot, prepared)
    print_notes(prepared.notes, quiet)
    with closing(kept), _terminated_as_interrupted():
        try:
            _run(prepared, kept, (processes, cluster), quiet)
        except KeyboardInterrupt:
            raise _stopped(prepared, kept, output) from None
        _finish(prepared.answer(kept), kept, (output, plot), as_json)


def _processes(jobs: str | None, cluster: str | None) -> int | None:
    if jobs is not None and cluster is not None:
        raise refuse("--jobs stands beside --cluster; keep one of the two")
    if jobs is None:
        return None
    if jobs == "all":
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not jobs.isdigit() or int(jobs) < 1:
        raise refuse(f"--jobs {jobs}: give a whole number of processes, or all")
    return int(jobs)


def _prepared(
    fleet: Path,
    vary: list[str] | None,
    variations: Path | None,
    drawing: tuple[int, int],
    solving: tuple[Path | None, float, float],
) -> Prepared:
    """Read everything that is asked; end with exit code 2, all faults told, where it cannot be used."""
    catalogue = catalogue_or_exit(solving[0])

    from pdopt.fleet.faults import FleetFaults
    from pdopt.studies.sweep import SweepRefusedError, prepare

    asked = _asked(vary, variations, drawing)
    try:
        return prepare(fleet, asked, catalogue, *solving[1:])
    except FleetFaults as error:
        raise told(error, fleet) from None
    except SweepRefusedError as why:
        for reason in why.reasons:
            say(reason)
        raise typer.Exit(BAD_INPUT) from None


def _asked(vary: list[str] | None, variations: Path | None, drawing: tuple[int, int]) -> Asked:
    from pdopt.fleet.faults import FleetFaults
    from pdopt.studies.sweep import Asked
    from pdopt.studies.sweep.tables import read_variations

    try:
        rows, more = read_variations(variations) if variations is not None else ((), ())
    except FleetFaults as error:
        assert variations is not None
        raise told(error, variations) from None
    return Asked((*(vary or ()), *more), rows, *drawing)


def _kept(output: Path | None, plot: Path | None, prepared: Prepared) -> Journal | InMemory:
    """Open the journal beside the output, if there is one; refuse what cannot be written."""
    from pdopt.studies.sweep.journal import InMemory, Journal, JournalRefusedError, journal_of

    resumed = output is not None and journal_of(output).exists()  # it may have been stopped as the output was written
    check_files(None if resumed else output, plot)
    if output is None:
        return InMemory()
    try:
        return Journal(journal_of(output), prepared.identity())
    except JournalRefusedError as why:
        raise refuse(str(why)) from None


def _run(prepared: Prepared, kept: Journal | InMemory, where: tuple[int | None, str | None], quiet: bool) -> None:
    from pdopt.studies.sweep.progress import Progress
    from pdopt.studies.sweep.runners import RunnerRefusedError
    from pdopt.studies.sweep.runners.chosen import chosen

    total, before = len(prepared.scenarios), len(kept.rows)
    say(f"{before:,} of {total:,} scenarios are finished already" if before else f"{total:,} scenarios", quiet)
    if before == total:
        return
    progress, line = Progress(total, before), ProgressLine(quiet)

    def seen(row: dict[str, object]) -> None:
        progress.saw(row)
        if line.due():
            line.show(progress.words())

    try:
        with chosen(*where) as runner:
            try:
                prepared.run(runner, kept, seen)
            except KeyboardInterrupt:
                say("stopping", quiet)
                raise
    except RunnerRefusedError as why:
        raise refuse(str(why)) from None
    finally:
        line.end()


def _stopped(prepared: Prepared, kept: Journal | InMemory, output: Path | None) -> typer.Exit:
    done = f"stopped: {len(kept.rows):,} of {len(prepared.scenarios):,} scenarios are finished"
    kept_where = f" and kept beside {output}; start the same command again to go on" if output else "; -o keeps them"
    say(f"{done}{kept_where}")
    return typer.Exit(INTERRUPTED)


def _finish(answer: Sweep, kept: Journal | InMemory, files: tuple[Path | None, Path | None], as_json: bool) -> None:
    from pdopt.render.drawing import PlotRefusedError
    from pdopt.render.sweep import sweep_lines
    from pdopt.render.sweep_picture import plot_sweep
    from pdopt.render.text import show

    output, plot = files
    if output is not None:
        write(answer, output)
    kept.remove()
    if as_json:
        typer.echo(answer.to_json(), nl=False)
    else:
        show(sweep_lines(answer))
    if plot is not None:
        try:
            plot_sweep(answer, plot)
        except PlotRefusedError as why:
            raise refuse(f"--plot {plot}: {why}") from None
    if not answer.solved():
        counts = answer.by_status()
        code = OUT_OF_TIME if counts.get("unknown") else INFEASIBLE if counts.get("infeasible") else BAD_INPUT
        raise typer.Exit(code)


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """End as cleanly when asked to terminate as on Ctrl-C."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before: Callable[[int, FrameType | None], object] | int | None = None
    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
