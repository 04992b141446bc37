"""``pdopt calibrate``: fit the performance model to measurements of one's own."""

from __future__ import annotations

import json
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pdopt.cli.common import AsJson, Models, Quiet, catalogue_or_exit, fleet_or_exit, print_notes, refuse, say, told
from pdopt.cli.merging import merge_all_or_exit

if TYPE_CHECKING:
    from pdopt.fleet.fleet import Fleet
    from pdopt.studies.calibrate.answer import Calibration
    from pdopt.studies.calibrate.parameters import Start


class Fitted(StrEnum):
    """What can be fitted."""

    SPEED = "speed"
    OVERHEAD = "overhead"
    VARIABILITY = "variability"
    INTERFERENCE = "interference"
    SLOPE = "slope"


class DecodeLoad(StrEnum):
    """How decode is loaded."""

    STEADY = "steady"
    OPEN = "open"


Measurements = Annotated[Path, typer.Argument(help="Load points (CSV; docs/calibration.md).", show_default=False)]
FleetOption = Annotated[
    Path | None, typer.Option("--fleet", help="Start from the profiles, overhead and assumptions of this fleet.")
]
Profiles = Annotated[
    Path | None, typer.Option("--profiles", help="Start from this folder's; the catalogue's if left out.")
]
Fit = Annotated[
    list[Fitted] | None,
    typer.Option("--fit", help="Fit this; may be given again. All but slope if left out.", show_default=False),
]
Overhead = Annotated[float | None, typer.Option("--overhead-ms", min=0, help="Overhead before the fit.")]
Cv2 = Annotated[float | None, typer.Option("--cv2", min=0, help="prefill_service_cv2 before the fit.")]
Load = Annotated[DecodeLoad | None, typer.Option("--decode-load", help="The assumption that TPOT is fitted under.")]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="Write calibrated profiles into this folder.")]


def calibrate(
    measurements: Measurements,
    fleet: FleetOption = None,
    profiles: Profiles = None,
    fit: Fit = None,
    overhead_ms: Overhead = None,
    cv2: Cv2 = None,
    decode_load: Load = None,
    output: Output = None,
    as_json: AsJson = False,
    models: Models = None,
    quiet: Quiet = False,
) -> None:
    """Fit speed, overhead and variability to your measurements.

    Compares what profiles predict with what you measured at several loads, fits the difference by robust least
    squares, and says with which error what was left out of the fit is predicted. What the data cannot tell is not
    fitted. Exit codes: 0 calibrated, 2 bad input.
    """
    from pdopt.fleet.faults import FleetFaults
    from pdopt.studies.calibrate.bases import Bases
    from pdopt.studies.calibrate.calibrate import calibrate as calibrate_with
    from pdopt.studies.calibrate.parameters import DEFAULT

    if output is not None and output.exists() and not output.is_dir():
        raise refuse(f"-o {output}: is a file; give the folder of one LLM's profiles")
    if profiles is not None and not profiles.is_dir():
        raise refuse(f"--profiles {profiles}: there is no such folder; give one with prefill.csv and decode.csv")
    problem = None if fleet is None else fleet_or_exit(fleet, models)
    bases = Bases(None if problem is None else problem.llms, profiles, catalogue_or_exit(models))
    try:
        found = calibrate_with(
            measurements, bases, _start(problem, overhead_ms, cv2, decode_load), [f.value for f in fit or ()] or DEFAULT
        )
    except FleetFaults as error:
        raise told(error, measurements) from None
    if output is not None:
        _write(found, measurements, output, quiet)
    _answer(found, output, as_json)
    print_notes(_notes(found, problem), quiet)


def _start(fleet: Fleet | None, overhead_ms: float | None, cv2: float | None, decode_load: DecodeLoad | None) -> Start:
    from dataclasses import replace

    from pdopt.fleet.fleet import Assumptions
    from pdopt.studies.calibrate.parameters import Start

    assumed = Assumptions() if fleet is None else fleet.assumptions
    if cv2 is not None:
        assumed = replace(assumed, prefill_service_cv2=cv2)
    if decode_load is not None:
        assumed = replace(assumed, decode_load=decode_load.value)
    overhead_s = 0.0 if fleet is None else fleet.transfer.overhead_s
    return Start(overhead_s if overhead_ms is None else overhead_ms / 1e3, assumed)


def _answer(found: Calibration, output: Path | None, as_json: bool) -> None:
    from pdopt.render.calibration import calibration_lines
    from pdopt.render.text import show
    from pdopt.studies.calibrate.profile import document

    if as_json:
        typer.echo(json.dumps(document(found, output), indent=2, allow_nan=False))
    else:
        show(calibration_lines(found, output))


def _write(found: Calibration, measurements: Path, to: Path, quiet: bool) -> None:
    from pdopt.studies.calibrate.profile import profile_tables

    merge_all_or_exit(to, profile_tables(found, measurements, to, date.today()), lambda line: say(line, quiet))


def _notes(found: Calibration, fleet: Fleet | None) -> list[str]:
    notes = list(dict.fromkeys(found.notes))
    if fleet is not None and fleet.transfer.links_gb_per_s:
        notes.append("the fitted overhead holds the KV transfer too; the fleet's links would count it twice")
    if fleet is not None and fleet.assumptions.dispatch == "pooled":
        notes.append(
            "TTFT is fitted as if each instance queued for itself, so the fit holds what pooling gains; the keys "
            "to set say dispatch: split, for pooled would count it twice"
        )
    return notes
