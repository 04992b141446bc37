"""``pdopt profile analytic``: profile rows from a roofline, where nobody has measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pdopt.cli.common import Models, refuse, say
from pdopt.cli.merging import merge_or_exit


def analytic(
    llm: Annotated[str, typer.Argument(help="An LLM of the catalogue, or of a folder given with --models.")],
    gpu: Annotated[str, typer.Option("--gpu", help="GPU type, one of gpus.csv.")],
    to: Annotated[Path, typer.Option("--to", help="The folder whose prefill.csv and decode.csv get the rows.")],
    gpus: Annotated[
        int | None, typer.Option("--gpus", min=1, help="GPUs of an instance; every size that fits if left out.")
    ] = None,
    engine: Annotated[
        str, typer.Option("--engine", help="What the rows name as engine; the roofline knows none.")
    ] = "",
    models: Models = None,
) -> None:
    """Estimate profile rows by a roofline.

    From the LLM's card and the GPU's specification, merged into a folder. An
    estimate, calibrated against the catalogue; docs/analytic.md publishes its error.
    Exit codes: 0 rows written or there already, 2 bad input or rows that contradict those in the folder.
    """
    from pdopt.catalogue.analytic.find import find_estimates
    from pdopt.catalogue.folder import CatalogueFolder

    try:
        folders = CatalogueFolder.find(models).folders
        rows = find_estimates(folders, None, llm, gpu, [gpus] if gpus else None, engine)
    except (ValueError, NotADirectoryError) as error:
        raise refuse(f"profile analytic: {error}") from None
    for role, table in rows.items():
        say(f"note: {role} is an estimate ({table[0]['source']})")
    merge_or_exit(to, rows)
