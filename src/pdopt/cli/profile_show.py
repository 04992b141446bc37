"""``pdopt profile show``: the tables and curves of one LLM."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pdopt.cli.common import Models, catalogue_or_exit, refuse
from pdopt.cli.profile_list import EngineOption, GpuOption, KindOption, RoleOption, entry_or_exit, offered

Llm = Annotated[str, typer.Argument(help="An LLM of the catalogue, or a folder of profiles.", show_default=False)]
Plot = Annotated[Path | None, typer.Option("--plot", help="Draw the curves into this file (.png, .svg, .pdf).")]
SUFFIXES = (".png", ".svg", ".pdf")


def show_profile(
    llm: Llm,
    gpu: GpuOption = None,
    engine: EngineOption = None,
    role: RoleOption = None,
    kind: KindOption = None,
    plot: Plot = None,
    models: Models = None,
) -> None:
    """Show the card, tables and curves of one LLM."""
    from pdopt.catalogue.library import Wanted
    from pdopt.render.profiles import profile_lines
    from pdopt.render.text import show

    if plot is not None and plot.suffix.lower() not in SUFFIXES:
        raise refuse(f"--plot {plot}: name a file that ends in {', '.join(SUFFIXES)}")
    entry = entry_or_exit(catalogue_or_exit(models), llm)
    chosen = Wanted(gpu, engine, role, kind).of(entry)
    if entry.rows and not chosen.rows:
        raise refuse(f"{llm}: no such profiles; {offered([entry])}")
    show(profile_lines(chosen))
    if plot is not None:
        from pdopt.render.drawing import PlotRefusedError
        from pdopt.render.plot import plot_curves

        try:
            plot_curves(chosen, plot)
        except PlotRefusedError as why:
            raise refuse(f"--plot {plot}: {why}") from None
