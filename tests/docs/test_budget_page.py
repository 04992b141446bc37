"""docs/budget.md: its commands give the answers it shows, and its fleets mean what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pdopt import read_fleet
from pdopt.cli.app import app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/budget.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"<!-- (\w+) -->\n```\w*\n(.*?)```", PAGE, re.DOTALL))


@pytest.fixture(autouse=True)
def fleets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("fleet.yaml").write_text(BLOCKS["fleet"])
    Path("growing.yaml").write_text(BLOCKS["fleet"] + BLOCKS["growth"])


@pytest.mark.slow
@pytest.mark.parametrize("command", ["curve", "months"])
def test_the_command_gives_the_answer_shown(command: str) -> None:
    words = shlex.split(BLOCKS[command])
    result = CliRunner().invoke(app, [*words[1:], "--quiet"])
    assert result.exit_code == 0, result.stderr
    assert steady(result.stdout) == steady(BLOCKS[f"{command}_answer"])


def test_money_serves_what_the_page_says() -> None:
    said = CliRunner().invoke(app, ["budget", "fleet.yaml", "--at", "82", "--quiet"]).stdout
    assert said.splitlines()[0] == BLOCKS["curve_answer"].splitlines()[0]
    shown = [line.replace("*", " ").split() for line in BLOCKS["curve_answer"].splitlines()]
    (row,) = (line.split() for line in said.splitlines() if "$82.00" in line)
    (step,) = (words for words in shown if words[:1] == ["$82.00"])
    assert row[2:8] == step[1:7]  # a month, and what is served
    assert {"2", "h200", "reserved_1y"} <= set(row) & set(step)


def steady(text: str) -> list[str]:
    """Leave out which of several equally cheap instances run in a month, which a solver may choose otherwise."""
    return [re.split(r"  (?=\d+P|\d+ mixed|instances)", line)[0].rstrip() for line in text.splitlines()]


def test_the_months_of_the_page() -> None:
    fleet = read_fleet("growing.yaml")
    assert fleet.months == 6
    assert [workload.growth_per_month for workload in fleet.workloads.values()] == pytest.approx([0.08, 0.08])
    assert {term.name: (term.lead_months, term.months) for term in fleet.skus["h200"].terms} == {
        "reserved_1y": (2, 12),
        "on_demand": (0, None),
    }


def test_what_is_late_is_what_the_instance_says() -> None:
    late = CliRunner().invoke(app, ["budget", str(ROOT / "instances/infeasible/ordered-too-late.yaml"), "--quiet"])
    assert BLOCKS["late"].strip() in late.stdout
