"""``pdopt frontier`` as a user meets it."""

from __future__ import annotations

import csv
from pathlib import Path

import polars
import pytest
from tests.cli.test_commands import BROKEN, INFEASIBLE, INSTANCES, MM1, pdopt_, strict_json

from pdopt.studies.frontier.trying import Trier

SHORT = str(INSTANCES / "infeasible/stock-too-small.yaml")
NEAR = ("--from", "60%", "--to", "120%")


def test_the_first_lines_say_where_today_is_and_the_rows_follow():
    said = pdopt_("frontier", MM1, "--over", "ttft", *NEAR, "--quiet")
    lines = said.stdout.splitlines()
    assert lines[0] == "M/M/1: cost against chat TTFT mean"
    assert lines[1] == "today's target of 500 ms costs $10.00 per hour; shorter costs $2.00 more (250 ms)"
    (today,) = (line for line in lines if line.rstrip().endswith("today"))
    assert today.split()[:2] == ["500", "$10.00"]
    assert any(line.startswith("proof: no plan is better in both") for line in lines)
    assert not said.stderr


def test_the_range_may_be_in_milliseconds_and_progress_is_told():
    said = pdopt_("frontier", MM1, "--over", "ttft", "--from", "225ms", "--to", "600ms")
    assert "up to 600 ms" in said.stdout
    assert "0 points, solve 1: chat ttft_mean of 600 ms" in said.stderr


def test_json_tables_and_picture(tmp_path):
    result = pdopt_("frontier", MM1, "--over", "ttft", *NEAR, "--json", "-q", "-o", str(tmp_path / "f.json"))
    answer = strict_json(result.stdout)
    assert (tmp_path / "f.json").read_text() == result.stdout
    assert [point["plan"]["cost_per_hour"] for point in answer["points"]] == [12.0, 10.0]
    for suffix in ("csv", "parquet"):
        words = ("frontier", MM1, "--over", "ttft", *NEAR, "-q", "-o", str(tmp_path / f"f.{suffix}"))
        assert pdopt_(*words).exit_code == 0
        assert pdopt_(*words).exit_code == 2
    with (tmp_path / "f.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [float(row["at"]) for row in rows] == [point["at"] for point in answer["points"]]
    assert polars.read_parquet(tmp_path / "f.parquet")["today"].to_list() == [False, True]


@pytest.mark.parametrize(("over", "suffix"), [pytest.param("ttft", "png", marks=pytest.mark.slow), ("cost", "svg")])
def test_a_picture(tmp_path, over, suffix):
    pytest.importorskip("matplotlib")
    file = tmp_path / f"f.{suffix}"
    assert pdopt_("frontier", MM1, "--over", over, *NEAR, "-q", "--plot", str(file)).exit_code == 0
    assert file.read_bytes()[:5] in (b"\x89PNG\r", b"<?xml")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--help"], 0, "exact curve"),
        ([BROKEN, "--over", "ttft"], 2, "fault"),
        (["nowhere.yaml", "--over", "ttft"], 2, "nowhere.yaml"),
        ([MM1], 2, "--over"),
        ([MM1, "--over", "colour"], 2, "colour"),
        ([MM1, "--over", "ttft", "-o", MM1], 2, "is not a plan"),
        ([MM1, "--over", "ttft", "--workload", "chta"], 2, "has no workload chta; there are chat"),
        ([MM1, "--over", "ttft", "--from", "soon"], 2, "--from soon: give percent"),
        ([MM1, "--over", "cost", "--to", "800ms"], 2, "2 targets move by one factor; give percent"),
        ([MM1, "--over", "ttft", "--from", "200%", "--to", "100%"], 2, "the first must be the shorter"),
        ([MM1, "--over", "power"], 2, "skus.h100: needs power_kw"),
        ([MM1, "--over", "ttft", "--plot", "f.txt"], 2, "name a file that ends in"),
        ([INFEASIBLE, "--over", "ttft", "--to", "110%"], 3, "even with targets 1.1 times as long"),
        ([SHORT, "--over", "tpot"], 3, "nodes short"),
        ([MM1, "--over", "ttft", "--up-to", "5"], 3, "the cheapest plan costs $10.00 per hour, more than $5.00"),
    ],
    ids=lambda value: " ".join(Path(word).name for word in value) if isinstance(value, list) else None,
)
def test_exit_codes(words, code, said):
    result = pdopt_("frontier", *words)
    assert result.exit_code == code, result.output
    assert said in result.output
    assert "Traceback" not in result.output


def test_ctrl_c_gives_what_was_found(monkeypatch):
    solve, count = Trier.solve, iter(range(100))

    def interrupted(self, at):
        if next(count) == 3:
            raise KeyboardInterrupt
        return solve(self, at)

    monkeypatch.setattr(Trier, "solve", interrupted)
    result = pdopt_("frontier", MM1, "--over", "ttft", "-q")
    assert result.exit_code == 130
    assert "interrupted: this is what was found until then" in result.stdout
    assert "$10.00" in result.stdout


def test_ctrl_c_before_anything_is_found(monkeypatch):
    def interrupted(self, at):
        raise KeyboardInterrupt

    monkeypatch.setattr(Trier, "solve", interrupted)
    result = pdopt_("frontier", MM1, "--over", "ttft", "-q")
    assert result.exit_code == 4
    assert "interrupted before any plan was found" in result.stdout
