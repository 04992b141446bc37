"""docs/frontier.md: its commands give the answers it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pdopt.cli.app import app

PAGE = (Path(__file__).parents[2] / "docs/frontier.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"<!-- (\w+) -->\n```\w*\n(.*?)```", PAGE, re.DOTALL))


@pytest.mark.parametrize(
    ("fleet", "command", "answer"),
    [
        ("fleet", BLOCKS["ttft"], "answer"),
        ("power", "pdopt frontier fleet.yaml --over power", "kilowatts"),
    ],
)
def test_the_command_gives_the_answer_shown(fleet, command, answer, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("fleet.yaml").write_text(BLOCKS[fleet])
    result = CliRunner().invoke(app, shlex.split(command)[1:])
    assert result.exit_code == 0, result.stderr
    *lines, spent = result.stdout.splitlines()
    assert lines == BLOCKS[answer].replace("power:", "fleet:").splitlines()
    assert re.fullmatch(r"\d+ solves in .* s", spent)
