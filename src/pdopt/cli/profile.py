"""``pdopt profile``: look at, check and make profiles; one file per command."""

from __future__ import annotations

import typer

from pdopt.cli.profile_import import import_

profile_app = typer.Typer(
    help="Profiles: measured performance of instances.", no_args_is_help=True, rich_markup_mode=None
)
profile_app.command("import")(import_)
