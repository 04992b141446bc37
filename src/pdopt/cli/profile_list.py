"""``pdopt profile list``: what the catalogue has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pdopt.cli.common import BAD_INPUT, AsJson, Models, catalogue_or_exit, refuse, say

if TYPE_CHECKING:
    from pdopt.catalogue.folder import CatalogueFolder
    from pdopt.catalogue.library import Entry

LlmOption = Annotated[str | None, typer.Option("--llm", help="One LLM.")]
GpuOption = Annotated[str | None, typer.Option("--gpu", help="One GPU type; h200 stands for h200-sxm too.")]
EngineOption = Annotated[str | None, typer.Option("--engine", help="sglang, vllm, trtllm.")]
KindOption = Annotated[str | None, typer.Option("--kind", help="measured, computed, analytic, unstated.")]
RoleOption = Annotated[str | None, typer.Option("--role", help="encode, prefill, decode, mixed.")]


def list_profiles(
    llm: LlmOption = None,
    gpu: GpuOption = None,
    engine: EngineOption = None,
    kind: KindOption = None,
    as_json: AsJson = False,
    models: Models = None,
) -> None:
    """List profiles per LLM, GPU, engine and role."""
    from pdopt.catalogue.library import Wanted
    from pdopt.catalogue.summary import summaries
    from pdopt.render.profiles import list_lines
    from pdopt.render.text import show

    catalogue = catalogue_or_exit(models)
    wanted = Wanted(gpu, engine, None, kind)
    every = [entry_or_exit(catalogue, name) for name in ([llm] if llm else catalogue.names())]
    found = [line for entry in every for line in summaries(wanted.of(entry))]
    bare = [entry.name for entry in every if not entry.rows]
    if as_json:
        typer.echo(json.dumps([line.to_dict() for line in found], indent=2))
    elif not found and not (llm and bare):
        raise refuse(f"no such profiles; {offered(every)}")
    else:
        show(list_lines(found, bare if wanted == Wanted() else []))


def entry_or_exit(catalogue: CatalogueFolder, name: str) -> Entry:
    """Read one LLM of the catalogue; print every fault and end with exit code 2 when there is one."""
    from pdopt.catalogue.library import Entry
    from pdopt.fleet.faults import FleetFaults, did_you_mean

    folder = Path(name) if Path(name).is_dir() else catalogue.folder_of(name)
    if folder is None:
        raise refuse(f"{name}: is not in the catalogue; {did_you_mean(name, catalogue.names())}")
    try:
        return Entry.read(name, folder, catalogue.card_of(name))
    except FleetFaults as error:
        for fault in error.faults:
            say(str(fault))
        raise typer.Exit(BAD_INPUT) from None


def offered(entries: list[Entry]) -> str:
    """Say what can be asked for."""
    rows = [item.row for entry in entries for found in entry.rows.values() for item in found]
    columns = (("--gpu", "gpu"), ("--engine", "engine"), ("--kind", "kind"))
    words = {option: sorted({getattr(row, name) or "unstated" for row in rows}) for option, name in columns}
    return "; ".join(f"{option}: {', '.join(known)}" for option, known in words.items())
