"""``pdopt profile``: look at, check and make profiles; one file per command."""

from __future__ import annotations

import typer

from pdopt.cli.profile_aic import aic
from pdopt.cli.profile_analytic import analytic
from pdopt.cli.profile_check import check
from pdopt.cli.profile_import import import_
from pdopt.cli.profile_list import list_profiles
from pdopt.cli.profile_show import show_profile

profile_app = typer.Typer(
    name="profile", help="Profiles: measured performance of instances.", no_args_is_help=True, rich_markup_mode=None
)
profile_app.command("list")(list_profiles)
profile_app.command("show")(show_profile)
profile_app.command("check")(check)
profile_app.command("import")(import_)
profile_app.command("aic")(aic)
profile_app.command("analytic")(analytic)
