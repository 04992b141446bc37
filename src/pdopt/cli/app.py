"""The table of commands."""

from __future__ import annotations

from typing import Annotated

import typer

import pdopt
from pdopt.cli.budget import budget
from pdopt.cli.calibrate import calibrate
from pdopt.cli.check import check
from pdopt.cli.compare import compare
from pdopt.cli.ctrl_c import Interruptible
from pdopt.cli.explain import explain
from pdopt.cli.frontier import frontier
from pdopt.cli.prices import prices_app
from pdopt.cli.profile import profile_app
from pdopt.cli.simulate import simulate
from pdopt.cli.size import size
from pdopt.cli.solve import solve
from pdopt.cli.sweep import sweep
from pdopt.cli.trace import trace_app

app = typer.Typer(
    name="pdopt",
    cls=Interruptible,
    help="Plan GPU fleets for LLM serving: the cheapest prefill and decode instances that keep every latency target.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command()(solve)
app.command()(explain)
app.command()(compare)
app.command()(simulate)
app.command()(budget)
app.command()(frontier)
app.command()(sweep)
app.command()(check)
app.command()(size)
app.command()(calibrate)
app.add_typer(profile_app)
app.add_typer(prices_app)
app.add_typer(trace_app, name="trace")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pdopt {pdopt.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    pass
