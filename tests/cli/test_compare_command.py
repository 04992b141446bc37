"""``pdopt compare`` as a user meets it."""

from __future__ import annotations

import csv
from pathlib import Path

import polars
import pytest
from tests.cli.test_commands import BROKEN, INFEASIBLE, INSTANCES, MM1, pdopt_, strict_json

import pdopt.solving.goals
from pdopt.solving.highs import Outcome

OWN = str(INSTANCES / "textbook/each-to-its-own.yaml")
FORCED = str(INSTANCES / "textbook/stock-forces-dearer.yaml")
SHORT = str(INSTANCES / "infeasible/stock-too-small.yaml")


def test_the_first_line_says_what_wins():
    said = pdopt_("compare", OWN, "--quiet")
    first, *rest = said.stdout.splitlines()
    assert "prefill on h100, decode on a100 wins at $10.00 per hour, $7,300 per month" in first
    assert "h100 alone, costs $6.00 per hour (60 %) more" in first
    assert any(line.startswith("prefill on h100, decode on a100 *") and "1P3D" in line for line in rest)
    assert any("leaves above" in line for line in rest)
    assert not said.stderr


def test_a_sku_that_cannot_do_it_alone_has_a_reason_instead_of_a_number():
    said = pdopt_("compare", FORCED, "--quiet", "--no-prices").stdout
    (line,) = (line for line in said.splitlines() if line.startswith("cheap alone"))
    assert "cannot: the stock carries at most 62.5 %" in line
    assert "leaves above" not in said


def test_progress_says_what_is_solved():
    assert "h100 alone" in pdopt_("compare", OWN, "--no-prices").stderr.splitlines()


def test_json_and_tables(tmp_path):
    result = pdopt_("compare", OWN, "--json", "-q", "-o", str(tmp_path / "c.json"))
    answer = strict_json(result.stdout)
    assert (tmp_path / "c.json").read_text() == result.stdout
    assert pdopt_("compare", OWN, "-q", "-o", str(tmp_path / "c.json")).exit_code == 0
    for suffix in ("csv", "parquet"):
        assert pdopt_("compare", OWN, "-q", "--no-prices", "-o", str(tmp_path / f"c.{suffix}")).exit_code == 0
        assert pdopt_("compare", OWN, "-q", "--no-prices", "-o", str(tmp_path / f"c.{suffix}")).exit_code == 2
    with (tmp_path / "c.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [float(row["cost_per_hour"]) for row in rows] == [o["plan"]["cost_per_hour"] for o in answer["options"]]
    assert polars.read_parquet(tmp_path / "c.parquet")["option"].to_list() == [row["option"] for row in rows]


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_a_picture_of_what_the_options_cost(tmp_path, suffix):
    pytest.importorskip("matplotlib")
    file = tmp_path / f"c.{suffix}"
    assert pdopt_("compare", FORCED, "-q", "--no-prices", "--plot", str(file)).exit_code == 0
    text = file.read_bytes()
    assert text[:5] in (b"\x89PNG\r", b"<?xml")
    assert suffix == "png" or b"cheap alone" in text


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["compare", "--help"], 0),
        (["compare", MM1], 0),
        (["compare", BROKEN], 2),
        (["compare", "nowhere.yaml"], 2),
        (["compare", MM1, "--gap", "2"], 2),
        (["compare", MM1, "-o", MM1], 2),
        (["compare", INFEASIBLE], 3),
        (["compare", SHORT], 3),
    ],
    ids=lambda value: " ".join(Path(word).name for word in value) if isinstance(value, list) else str(value),
)
def test_exit_codes(words, code):
    result = pdopt_(*words, "--quiet") if "--help" not in words else pdopt_(*words)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output


def test_a_budget_is_refused(tmp_path):
    file = tmp_path / "fleet.yaml"
    file.write_text(Path(MM1).read_text() + "budget: {usd_per_hour: 50}\n")
    result = pdopt_("compare", str(file))
    assert result.exit_code == 2
    assert "has a budget; least costs are compared" in result.stderr


def test_without_a_plan_in_time_it_exits_4(monkeypatch):
    monkeypatch.setattr(pdopt.solving.goals, "run", lambda *_, **__: Outcome("unknown", None, None, -float("inf")))
    result = pdopt_("compare", MM1, "--time-limit", "2", "--quiet")
    assert result.exit_code == 4
    assert "no plan was found within 2 s" in result.stdout
