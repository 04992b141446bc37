"""What commands of studies share: where their answers go, and how they end."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pdopt.cli.common import INFEASIBLE, OUT_OF_TIME, check_output, refuse, say
from pdopt.fleet.files import write_atomically

if TYPE_CHECKING:
    from pdopt.plan.plan import NoPlan
    from pdopt.render.text import Line
    from pdopt.simulate.answers import Simulation
    from pdopt.studies.figures import StudyAnswer

TABLES = (".csv", ".parquet")
PICTURES = (".png", ".svg", ".pdf")
Output = Annotated[Path | None, typer.Option("-o", "--output", help="Write JSON, or a table (.csv, .parquet), there.")]
Plot = Annotated[Path | None, typer.Option("--plot", help="Draw into this file (.png, .svg, .pdf).")]
TimeLimit = Annotated[float, typer.Option("--time-limit", help="Seconds for each solve.", min=0.01)]
Gap = Annotated[float, typer.Option("--gap", help="Gap at which each solve may stop.", min=0, max=1)]


def check_files(output: Path | None, plot: Path | None = None) -> None:
    """Refuse files that cannot be written, or that would overwrite something else."""
    check_output(output if output is None or output.suffix.lower() not in TABLES else _free(output))
    if plot is not None and plot.suffix.lower() not in PICTURES:
        raise refuse(f"--plot {plot}: name a file that ends in {', '.join(PICTURES)}")


def _free(file: Path) -> Path:
    if file.is_file() and file.stat().st_size:
        raise refuse(f"{file}: is there already; name another file or remove it")
    return file


def teller(quiet: bool) -> Callable[[str], None]:
    """Give a function that says on standard error what is being solved."""
    return lambda words: say(words, quiet)


def answered(
    answer: StudyAnswer | NoPlan,
    lines: Callable[[], Iterable[Line]],
    output: Path | None,
    as_json: bool,
) -> None:
    """Write and print an answer; without a plan, end with the exit code that says why."""
    from pdopt.plan.plan import NoPlan
    from pdopt.render.plan import answer_lines
    from pdopt.render.text import show

    if output is not None:
        write(answer, output)
    if as_json:
        typer.echo(answer.to_json(), nl=False)
    else:
        show(answer_lines(answer) if isinstance(answer, NoPlan) else lines())
    if isinstance(answer, NoPlan):
        raise typer.Exit(INFEASIBLE if answer.status == "infeasible" else OUT_OF_TIME)


def write(answer: StudyAnswer | Simulation | NoPlan, file: Path) -> None:
    """Write an answer as its suffix says: a table of its rows, or JSON."""
    from pdopt.plan.plan import NoPlan

    suffix = file.suffix.lower()
    if suffix not in TABLES:
        write_atomically(file, answer.to_json())
    elif isinstance(answer, NoPlan):
        say(f"{file} is not written: there is no plan")
    elif suffix == ".csv":
        write_atomically(file, _csv(answer))
    else:
        from pdopt.traces.parquet import as_parquet

        try:
            write_atomically(file, as_parquet(answer.rows()))
        except ModuleNotFoundError as why:
            raise refuse(f"{file}: {why}") from None


def _csv(answer: StudyAnswer | Simulation) -> str:
    stream, rows = io.StringIO(), answer.rows()
    writer = csv.DictWriter(stream, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()
