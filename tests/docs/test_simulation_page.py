"""docs/simulation.md: its commands give the answer it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pdopt.cli.app import app

PAGE = (Path(__file__).parents[2] / "docs/simulation.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"<!-- (\w+) -->\n```\w*\n(.*?)```", PAGE, re.DOTALL))


def shown(text: str) -> list[str]:
    """Leave out the time it took."""
    return re.sub(r" in [0-9.]+ s\n", "\n", text).splitlines()


def test_the_command_gives_the_answer_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("fleet.yaml").write_text(BLOCKS["fleet"])
    assert CliRunner().invoke(app, ["solve", "fleet.yaml", "-o", "plan.json"]).exit_code == 0
    result = CliRunner().invoke(app, shlex.split(BLOCKS["simulate"])[1:])
    assert result.exit_code == (3 if "FAIL" in BLOCKS["answer"] else 0), result.stderr
    assert shown(result.stdout) == shown(BLOCKS["answer"])


def test_the_table_of_theory_is_whole_and_mostly_inside() -> None:
    table = PAGE.split("<!-- theory -->")[1].split("<!-- end -->")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    outside = [row for row in rows if "(outside)" in row]
    assert len(rows) > 60
    assert len(outside) <= 0.1 * len(rows)
    assert f"{len(rows) - len(outside)} of {len(rows)} intervals" in table
