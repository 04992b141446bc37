"""``pdopt trace workloads``: the workloads of a fleet from a trace."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pdopt.cli.common import BAD_INPUT, AsJson, Quiet, print_notes, refuse, say
from pdopt.fleet.files import write_atomically

if TYPE_CHECKING:
    from pdopt.traces.classes import Workloads
    from pdopt.traces.requests import Requests

TraceFile = Annotated[Path, typer.Argument(help="A trace: CSV, JSON lines or Parquet.", show_default=False)]
BURSTY = 1.2


class RateStatistic(StrEnum):
    """The rates one may plan for."""

    MEAN = "mean"
    PEAK_MINUTE = "peak-minute"
    P95_MINUTE = "p95-minute"


def workloads(
    trace: TraceFile,
    model: Annotated[str, typer.Option("--model", help="The LLM that serves them, as the fleet names it.")],
    classes: Annotated[str, typer.Option("--classes", help="How many classes, or auto.")] = "auto",
    ttft_ms: Annotated[float | None, typer.Option("--ttft-ms", help="Target for the mean TTFT.")] = None,
    tpot_ms: Annotated[float | None, typer.Option("--tpot-ms", help="Target for the mean TPOT.")] = None,
    slo: Annotated[list[str] | None, typer.Option("--slo", help="A target, such as ttft_p95_ms=2000; repeat.")] = None,
    rate: Annotated[
        RateStatistic, typer.Option("--rate", "--percentile-rate", help="The rate that the classes share.")
    ] = RateStatistic.MEAN,
    periods: Annotated[
        bool, typer.Option("--periods", help="Give each hour of the day its rate, as periods of the fleet.")
    ] = False,
    prefix: Annotated[str, typer.Option("--prefix", help="Put before the names of the classes.")] = "",
    into: Annotated[
        Path | None, typer.Option("--into", help="A fleet to copy with the workloads added; needs -o.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="With --into: drop the LLM's other workloads.")] = False,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write the YAML to this new file.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Let -o overwrite a file.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Group the requests of a trace into workload classes and write the workloads of a fleet.

    Without -o the YAML goes to standard output. Exit codes: 0 workloads, 2 bad input.
    """
    targets = _targets(ttft_ms, tpot_ms, slo or [])
    count = _count(classes)
    _check_files(into, replace, output, force)
    if periods and rate is not RateStatistic.MEAN:
        raise refuse(f"--periods: has the mean rate of each hour; leave out --rate {rate.value}")
    requests = read_or_exit(trace)

    from pdopt.fleet.faults import FleetFaults
    from pdopt.traces.block import block
    from pdopt.traces.classes import workloads as workloads_of
    from pdopt.traces.into import put_into

    found = workloads_of(requests, count, "hourly" if periods else rate.value, prefix)
    if periods and not found.hours:
        raise refuse(f"{trace}: is too short for --periods, which needs 20 hours or more; leave it out")
    try:
        text = block(found, model, targets) if into is None else put_into(into, found, model, targets, replace)
    except FleetFaults as error:
        raise refuse(str(error)) from None
    if output is not None:
        write_atomically(output, text)
    _answer(found, text, targets, model, output, as_json)
    print_notes(_notes(requests, found), quiet)


def _answer(
    found: Workloads, text: str, targets: dict[str, float], model: str, output: Path | None, as_json: bool
) -> None:
    from pdopt.render.text import show
    from pdopt.render.trace import workloads_lines

    if as_json:
        typer.echo(json.dumps({"model": model, "slo": targets, **found.to_dict()}, indent=2))
    elif output is None:
        typer.echo(text, nl=False)
    else:
        show(workloads_lines(found))


def read_or_exit(trace: Path) -> Requests:
    """Read a trace; say what is wrong and end with exit code 2 when it cannot be used."""
    from pdopt.fleet.faults import FleetFaults

    try:
        from pdopt.traces.read import read_trace
    except ModuleNotFoundError as error:
        raise refuse(f"traces need {error.name}, which is not installed; pip install 'pdopt[trace]'") from None
    try:
        return read_trace(trace)
    except FleetFaults as error:
        say(str(error))
        raise typer.Exit(BAD_INPUT) from None


def _targets(ttft_ms: float | None, tpot_ms: float | None, slo: list[str]) -> dict[str, float]:
    """Give the targets as a fleet writes them; refuse what is no SLO."""
    from pdopt.fleet.entries import SloEntry
    from pdopt.fleet.faults import Complaints
    from pdopt.fleet.fields import validate

    raw: dict[str, object] = {"ttft_mean_ms": ttft_ms, "tpot_mean_ms": tpot_ms}
    for part in (part for text in slo for part in text.split(",")):
        key, _, value = part.partition("=")
        raw[key.strip()] = value.strip()
    complaints = Complaints("--slo")
    raw = {key: value for key, value in raw.items() if value is not None}
    entry = validate(SloEntry, raw, (), complaints)
    if entry is None:
        raise refuse(
            "\n".join([*map(str, complaints.faults), "give --ttft-ms and --tpot-ms, or --slo KEY=MS for each"])
        )
    return {key: value for key, value in entry.model_dump().items() if value is not None}


def _count(classes: str) -> int | None:
    if classes == "auto":
        return None
    if not classes.isdecimal() or not 1 <= int(classes) <= 20:
        raise refuse(f"--classes {classes}: must be a whole number from 1 to 20, or auto")
    return int(classes)


def _check_files(into: Path | None, replace: bool, output: Path | None, force: bool) -> None:
    if replace and into is None:
        raise refuse("--replace: only goes with --into")
    if output is None:
        return
    if not output.parent.is_dir():
        raise refuse(f"{output}: there is no folder {output.parent}; make it first")
    if output.is_dir() or (output.exists() and not force):
        raise refuse(f"{output}: exists; name a new file, or overwrite it with --force")


def _notes(requests: Requests, found: Workloads) -> list[str]:
    from pdopt.traces.arrivals import silences

    notes = [*map(str, requests.refusals), *requests.notes]
    over = found.peak_minute_rps / found.mean_rps
    if found.statistic == "mean" and over > BURSTY:
        notes.append(f"the busiest minute has {over:.2g} times the mean rate; --rate peak-minute plans for it")
    busiest_rps = max((hour.requests_per_second or 0.0 for hour in found.hours), default=0.0)
    if found.statistic == "hourly" and found.peak_minute_rps > BURSTY * busiest_rps:
        over = found.peak_minute_rps / busiest_rps
        notes.append(
            f"the busiest minute has {over:.2g} times the rate of the busiest hour; margins.demand plans for it"
        )
    if silences(requests.arrival_s):
        notes.append("the trace has silent gaps, which lower its mean rate; see pdopt trace summarize")
    return notes
