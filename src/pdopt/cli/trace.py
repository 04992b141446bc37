"""``pdopt trace``: request traces summarised and turned into workloads."""

from __future__ import annotations

import json

import typer

from pdopt.cli.common import AsJson
from pdopt.cli.trace_workloads import TraceFile, read_or_exit, workloads


def summarize(trace: TraceFile, as_json: AsJson = False) -> None:
    """Summarise a request trace.

    Rates, burstiness, lengths, prefix-cache hits, silent gaps, refused rows.

    Exit codes: 0 a summary, 2 bad input.
    """
    requests = read_or_exit(trace)

    from pdopt.render.text import show
    from pdopt.render.trace import summary_lines
    from pdopt.traces.summary import summarize as summary_of

    summary = summary_of(requests)
    if as_json:
        typer.echo(json.dumps(summary.to_dict(), indent=2))
    else:
        show(summary_lines(summary))


trace_app = typer.Typer(help="Summarise request traces and turn them into workloads.", no_args_is_help=True)
trace_app.command()(summarize)
trace_app.command()(workloads)
