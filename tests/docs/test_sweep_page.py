"""docs/sweep.md: its command gives the answer it shows, and its table of values holds what can be written."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pdopt.cli.app import app
from pdopt.studies.sweep.values import values_of

PAGE = (Path(__file__).parents[2] / "docs/sweep.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"<!-- (\w+) -->\n```\w*\n(.*?)```", PAGE, re.DOTALL))


def test_the_command_gives_the_answer_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("fleet.yaml").write_text(BLOCKS["fleet"])
    result = CliRunner().invoke(app, shlex.split(BLOCKS["sweep"])[1:])
    assert result.exit_code == 0, result.stderr
    assert result.stdout == BLOCKS["answer"]


def test_every_form_of_values_can_be_read() -> None:
    forms = re.findall(r"^\| `'[^=]*=(.*?)'` \|", PAGE, re.MULTILINE)
    assert len(forms) == 6
    for form in forms:
        values = values_of(form)
        assert values.listed or values.drawn
