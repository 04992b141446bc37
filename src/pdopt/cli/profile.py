"""``pdopt profile``: the commands on profiles of LLMs, one file each."""

from __future__ import annotations

import typer

from pdopt.cli.profile_check import check
from pdopt.cli.profile_list import list_profiles
from pdopt.cli.profile_show import show_profile

profile_app = typer.Typer(name="profile", help="Make and look at profiles of LLMs.", no_args_is_help=True)
profile_app.command("list")(list_profiles)
profile_app.command("show")(show_profile)
profile_app.command("check")(check)
