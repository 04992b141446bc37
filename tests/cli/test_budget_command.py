"""``pdopt budget`` as a user meets it."""

from __future__ import annotations

import csv
from pathlib import Path

import polars
import pytest
from tests.cli.test_commands import INFEASIBLE, INSTANCES, MM1, pdopt_, strict_json

import pdopt.solving.goals
from pdopt.solving.highs import Outcome

OWN = str(INSTANCES / "textbook/each-to-its-own.yaml")
NIGHTS = str(INSTANCES / "textbook/nights-grow.yaml")
LATE = str(INSTANCES / "infeasible/ordered-too-late.yaml")
GROWTH = str(INSTANCES / "broken/growth-faults.yaml")


def test_the_first_line_says_what_everything_costs():
    said = pdopt_("budget", OWN, "--quiet")
    lines = said.stdout.splitlines()
    assert "everything is served for $10.00 per hour, $7,300 per month" in lines[0]
    (last,) = (line for line in lines if line.startswith(" ") and "$10.00" in line and "h100" in line)
    assert "1 h100 on_demand, 3 a100 on_demand" in last
    assert last.endswith("+1 a100 on_demand")
    assert "all steps there are" in lines[-1]
    assert not said.stderr


def test_amounts_of_a_month():
    said = pdopt_("budget", OWN, "--at", "5840,2_190", "--per", "month", "--quiet").stdout
    lines = [line.split() for line in said.splitlines()]
    assert ["$3.00", "$0.00", "$0", "0", "%", "-", "nothing"] in lines
    assert any(line[:5] == ["$8.00", "$8.00", "$5,840", "78.9", "%"] for line in lines)


def test_months_say_what_to_order_when():
    said = pdopt_("budget", NIGHTS, "--quiet").stdout
    assert said.startswith("Reserve as the nights grow: $23,725 over 6 months at +20 % a month")
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert "month 3 node reserved_1y 1 month 4 month 15 $1,460 $4,380 $13,140" in lines
    assert any(line.startswith("now node reserved_1y 1 month 2") for line in lines)
    assert any(line.startswith("nothing committed to: $29,565; this plan saves $5,840") for line in lines)
    assert "no plan of these months is cheaper" in lines[-1]


def test_what_is_late_is_told():
    result = pdopt_("budget", LATE, "--quiet")
    assert result.exit_code == 3
    assert "3 node purchase, ordered 1 month before the first (lead time 2)" in result.stdout


def test_other_commands_say_that_they_do_not_look_ahead():
    assert "growth, months, lead_time_months: pdopt budget plans month by month" in pdopt_("solve", NIGHTS).stderr


def test_progress_says_what_is_solved():
    assert "months 1 to 2, together" in pdopt_("budget", NIGHTS, "--months", "2").stderr.splitlines()
    assert "$8.00 per hour" in pdopt_("budget", OWN, "--at", "8").stderr.splitlines()


@pytest.mark.parametrize(
    ("words", "key"), [((OWN, "--steps", "2"), "steps"), ((NIGHTS, "--months", "2"), "months")], ids=["steps", "months"]
)
def test_json_and_tables(words, key, tmp_path):
    result = pdopt_("budget", *words, "--json", "-q", "-o", str(tmp_path / "b.json"))
    answer = strict_json(result.stdout)
    assert (tmp_path / "b.json").read_text() == result.stdout
    again = ["--at", "8,10"] if key == "steps" else []
    assert pdopt_("budget", *words, *again, "-q", "-o", str(tmp_path / "b.csv")).exit_code == 0
    assert pdopt_("budget", *words, "-q", "-o", str(tmp_path / "b.csv")).exit_code == 2
    with (tmp_path / "b.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    if key == "months":
        assert [float(row["usd"]) for row in rows] == [month["usd"] for month in answer["months"]]
        assert pdopt_("budget", *words, "-q", "-o", str(tmp_path / "b.parquet")).exit_code == 0
        assert polars.read_parquet(tmp_path / "b.parquet").height == len(rows)
    else:
        assert len(answer["steps"]) > 1
        assert [float(row["cost_per_hour"]) for row in rows] == pytest.approx([8, 10])


@pytest.mark.parametrize("words", [(OWN, "--at", "8"), (NIGHTS, "--months", "2")], ids=["steps", "months"])
def test_pictures(words, tmp_path):
    pytest.importorskip("matplotlib")
    result = pdopt_("budget", *words, "-q", "--plot", str(tmp_path / "b.png"))
    assert result.exit_code == 0, result.output
    assert (tmp_path / "b.png").read_bytes().startswith(b"\x89PNG")
    assert pdopt_("budget", *words, "-q", "--plot", str(tmp_path / "b.txt")).exit_code == 2


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["budget", "--help"], 0),
        (["budget", GROWTH], 2),
        (["budget", "nowhere.yaml"], 2),
        (["budget", MM1, "--gap", "2"], 2),
        (["budget", MM1, "--months", "0"], 2),
        (["budget", MM1, "--steps", "1"], 2),
        (["budget", MM1, "--owe-all"], 2),
        (["budget", MM1, "--at", "1,two"], 2),
        (["budget", MM1, "--at", "-1"], 2),
        (["budget", MM1, "--at", "inf"], 2),
        (["budget", MM1, "-o", MM1], 2),
        (["budget", INFEASIBLE, "--months", "2"], 3),
    ],
    ids=lambda value: " ".join(Path(word).name for word in value) if isinstance(value, list) else str(value),
)
def test_exit_codes(words, code):
    result = pdopt_(*words, "--quiet") if "--help" not in words else pdopt_(*words)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output


def test_a_preference_is_refused(tmp_path):
    file = tmp_path / "fleet.yaml"
    file.write_text(Path(OWN).read_text() + "limits: {prefer: [h100]}\n")
    result = pdopt_("budget", str(file))
    assert result.exit_code == 2
    assert "has limits.prefer; the curve tells the least money" in result.stderr


@pytest.mark.parametrize("more", [[], ["--months", "2"]], ids=["steps", "months"])
def test_without_a_plan_in_time_it_exits_4(more, monkeypatch):
    monkeypatch.setattr(pdopt.solving.goals, "run", lambda *_, **__: Outcome("unknown", None, None, -float("inf")))
    result = pdopt_("budget", MM1, "--time-limit", "2", "--quiet", *more)
    assert result.exit_code == 4, result.output
    assert "no plan was found within 2 s" in result.stdout
