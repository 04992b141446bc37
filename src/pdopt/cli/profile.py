"""``pdopt profile``: the commands on profiles of LLMs, one file each."""

from __future__ import annotations

import typer

from pdopt.cli.profile_aic import aic
from pdopt.cli.profile_analytic import analytic

profile_app = typer.Typer(name="profile", help="Make and look at profiles of LLMs.", no_args_is_help=True)
profile_app.command("aic")(aic)
profile_app.command("analytic")(analytic)
