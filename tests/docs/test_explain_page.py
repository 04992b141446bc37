"""docs/explain.md: its command gives the answer it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pdopt import explain, read_fleet
from pdopt.cli.app import app

PAGE = (Path(__file__).parents[2] / "docs/explain.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"<!-- (\w+) -->\n```\w*\n(.*?)```", PAGE, re.DOTALL))


@pytest.fixture(autouse=True)
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("fleet.yaml").write_text(BLOCKS["fleet"])


def test_the_command_gives_the_answer_shown() -> None:
    words = shlex.split(BLOCKS["explain"])
    result = CliRunner().invoke(app, words[1:])
    assert result.exit_code == 0, result.stderr
    assert steady(result.stdout) == steady(BLOCKS["answer"])


def steady(text: str) -> list[str]:
    """Leave out how work is shared between pools of equal cost, which a solver may choose otherwise."""
    shares = text.index("what each workload costs")
    return text[:shares].splitlines() + [line.split()[0] for line in text[shares:].splitlines() if line]


def test_python_answers_the_same() -> None:
    explanation = explain(read_fleet("fleet.yaml"), only=["prices"])
    shown = {line.split()[0]: line for line in BLOCKS["answer"].splitlines() if line}
    (a100, h100) = explanation.skus
    assert f"${a100.break_even_usd_per_hour.most:,.2f}" in shown[a100.sku]
    assert h100.why in shown[h100.sku]
