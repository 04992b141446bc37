"""``pdopt profile import``: results of serving-benchmark tools into a folder of profiles."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pdopt.cli.common import BAD_INPUT, Quiet, refuse, say
from pdopt.fleet.files import write_atomically

if TYPE_CHECKING:
    from pdopt.catalogue.measured.importing import Outcome, Wishes
    from pdopt.catalogue.measured.merge import Merged


class Role(StrEnum):
    """What the runs measured."""

    auto = "auto"
    prefill = "prefill"
    decode = "decode"
    mixed = "mixed"


Results = Annotated[list[Path], typer.Argument(help="Files or folders of results.", show_default=False)]
Folder = Annotated[Path, typer.Option("--to", help="The folder of one LLM's profiles; made if it is not there.")]
AsRole = Annotated[Role, typer.Option("--role", help="What the runs measured; auto takes what is safe and says so.")]
Gpu = Annotated[str, typer.Option("--gpu", help="GPU type, as models/gpus.csv names it.")]
Gpus = Annotated[int | None, typer.Option("--gpus", min=1, help="GPUs of the instance that was measured.")]
Parallelism = Annotated[str, typer.Option("--parallelism", help="Its layout (tp8, tp8-ep8, dp8-ep8).")]
Dp = Annotated[int | None, typer.Option("--dp", min=1, help="Its attention data-parallel groups.")]
Engine = Annotated[str, typer.Option("--engine", help="Its engine (vllm, sglang, trtllm).")]
EngineVersion = Annotated[str, typer.Option("--engine-version", help="The engine's version.")]
Precision = Annotated[str, typer.Option("--precision", help="Of the weights, and of the KV cache where it differs.")]
Date = Annotated[str, typer.Option("--date", help="When it was measured (2026-11-23).")]
Spread = Annotated[float, typer.Option("--max-spread", min=0, help="Largest standard deviation of lengths over mean.")]
Replace = Annotated[bool, typer.Option("--replace", help="Let new values replace differing ones.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen; write nothing.")]


def import_(
    files: Results,
    to: Folder,
    role: AsRole = Role.auto,
    gpu: Gpu = "",
    gpus: Gpus = None,
    parallelism: Parallelism = "",
    dp: Dp = None,
    engine: Engine = "",
    engine_version: EngineVersion = "",
    precision: Precision = "",
    date: Date = "",
    max_spread: Spread = 0.25,
    replace: Replace = False,
    dry_run: DryRun = False,
    quiet: Quiet = False,
) -> None:
    """Turn benchmark results into profile rows.

    Reads vLLM bench serve and sweep, SGLang bench_serving and bench_one_batch, AIPerf, GenAI-Perf, GuideLLM,
    EvalScope perf, inference-perf, Dynamo's profiler, InferenceX and CSVs of one's own. What the files say is
    taken from them; options say the rest, and win.

    Exit codes: 0 rows added or already there, 2 nothing usable or something needed is not known.
    """
    from pdopt.catalogue.measured.importing import Wishes
    from pdopt.catalogue.measured.measurement import Facts

    facts = Facts(gpu, gpus, parallelism, dp, engine, engine_version, precision, date)
    if to.exists() and not to.is_dir():
        raise refuse(f"--to {to}: is a file; give the folder of one LLM's profiles")
    outcome = _import_or_exit(files, to, Wishes(facts, role.value, max_spread, replace))
    _tell(outcome, quiet)
    if not outcome.usable:
        raise refuse("nothing usable; no file was written")
    if not dry_run:
        _write(outcome.merged, to)


def _import_or_exit(files: list[Path], to: Path, wishes: Wishes) -> Outcome:
    from pdopt.catalogue.measured.importing import import_results
    from pdopt.fleet.faults import FleetFaults

    try:
        outcome = import_results(files, to, wishes)
    except FleetFaults as error:
        say("\n".join(map(str, error.faults)))
        raise refuse(f"{to}: mend these faults first; nothing was written") from None
    if len(outcome.models) > 1:
        raise refuse(f"the results are of {', '.join(outcome.models)}: import one LLM at a time, each --to its folder")
    for option, lacking in outcome.missing.items():
        say(f"{option} is needed: {', '.join(lacking)} {'does' if len(lacking) == 1 else 'do'} not say it")
    if outcome.missing:
        raise typer.Exit(BAD_INPUT)
    return outcome


def _tell(outcome: Outcome, quiet: bool) -> None:
    from pdopt.render.importing import file_lines, notes, refusal_lines, table_lines

    for line in file_lines(outcome):
        typer.echo(line)
    for line in refusal_lines(outcome):
        say(line)
    for line in table_lines(outcome):
        typer.echo(line)
    for merged in outcome.merged:
        for conflict in merged.conflicts:
            say(f"conflict: {conflict}")
    for note in notes(outcome):
        say(f"note: {note}", quiet)


def _write(tables: list[Merged], to: Path) -> None:
    changed = [table for table in tables if table.text is not None]
    if changed:
        try:
            to.mkdir(parents=True, exist_ok=True)
            for table in changed:
                write_atomically(table.file, table.text or "")
        except OSError as error:
            raise refuse(f"{to}: cannot be written to ({error.strerror})") from None
