"""``pdopt sweep`` as a user meets it."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars
import pytest
from tests.cli.test_commands import BROKEN, INFEASIBLE, INSTANCES, MM1, pdopt_, strict_json

import pdopt
import pdopt.cli.sweep
import pdopt.studies.sweep.outcome

OWN = str(INSTANCES / "textbook/each-to-its-own.yaml")


def rows_of(file: Path) -> list[dict[str, str]]:
    return [{**row, "seconds": ""} for row in csv.DictReader(file.read_text().splitlines())]


PRICE = ("--vary", "skus.a100.usd_per_hour=1:3:3")


def test_few_scenarios_are_all_shown():
    said = pdopt_("sweep", OWN, *PRICE, "--vary", "workloads.*.requests_per_second=*[1, 100]", "-q").stdout
    first, *rest = said.splitlines()
    assert "6 scenarios" in first
    assert any(line.startswith("workloads.*.requests_per_second") and "*100" in line for line in rest)
    table = rest[next(i for i, line in enumerate(rest) if line.startswith("scenario ")) + 1 :]
    assert [line.split()[0] for line in table] == list("012345")
    assert any(line.startswith("cheapest") for line in rest)


def test_every_output_holds_the_same_rows(tmp_path):
    for suffix in ("parquet", "csv", "json"):
        result = pdopt_("sweep", OWN, *PRICE, "-q", "-o", str(tmp_path / f"s.{suffix}"), "--gap", "0")
        assert result.exit_code == 0, result.stderr
        assert not list(tmp_path.glob("*.journal"))
    table = polars.read_parquet(tmp_path / "s.parquet")
    assert table["skus.a100.usd_per_hour"].to_list() == [1, 2, 3]
    rows = rows_of(tmp_path / "s.csv")
    answer = strict_json((tmp_path / "s.json").read_text())
    costs = table["cost_per_hour"].to_list()
    assert [float(row["cost_per_hour"]) for row in rows] == costs
    assert [row["cost_per_hour"] for row in answer["scenarios"]] == costs
    assert answer["effects"][0]["field"] == "skus.a100.usd_per_hour"
    again = pdopt_("sweep", OWN, *PRICE, "-q", "-o", str(tmp_path / "s.parquet"))
    assert again.exit_code == 2
    assert "is there already" in again.stderr


def test_the_seed_decides_what_is_drawn(tmp_path):
    files = []
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        files.append(tmp_path / f"{name}.csv")
        words = ["--vary", "skus.a100.usd_per_hour=normal(2, 0.1)", "--samples", "3", "--seed", seed]
        assert pdopt_("sweep", OWN, *words, "-q", "-o", str(files[-1])).exit_code == 0
    drawn = [[row["skus.a100.usd_per_hour"] for row in rows_of(file)] for file in files]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("v.csv", "skus.a100.usd_per_hour,workloads.*.requests_per_second\n1,*1\n3,\n"),
        (
            "v.yaml",
            "- {skus.a100.usd_per_hour: 1, workloads.*.requests_per_second: '*1'}\n- {skus.a100.usd_per_hour: 3}\n",
        ),
        ("v.yaml", "skus.a100.usd_per_hour: [1, 3]\n"),
    ],
)
def test_variations_from_a_file(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    result = pdopt_("sweep", OWN, "--variations", str(tmp_path / name), "--json", "-q")
    assert result.exit_code == 0, result.stderr
    rows = strict_json(result.stdout)["scenarios"]
    direct = strict_json(pdopt_("sweep", OWN, "--vary", "skus.a100.usd_per_hour=[1, 3]", "--json", "-q").stdout)[
        "scenarios"
    ]
    assert [row["cost_per_hour"] for row in rows] == [row["cost_per_hour"] for row in direct]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "nothing is varied"),
        (["--vary", "skus.a10.usd_per_hour=3"], "there is no a10 in skus; did you mean a100"),
        (["--vary", "skus.a100.usd=3"], "unknown key"),
        (["--vary", "skus.a100.usd_per_hour=low"], "must be a number, got 'low'"),
        ([*PRICE, "--jobs", "many"], "give a whole number of processes, or all"),
        ([*PRICE, "--jobs", "2", "--cluster", "tcp://localhost:1"], "keep one of the two"),
        ([*PRICE, "--cluster", "nonsense"], "no scheduler answers"),
        ([*PRICE, "--variations", "nowhere.csv"], "no such file"),
        ([*PRICE, "--plot", "picture.txt"], "name a file that ends in"),
        ([*PRICE, "-o", OWN], "is not a plan that pdopt wrote"),
        ([*PRICE, "--samples", "0"], "--samples"),
    ],
)
def test_what_cannot_be_swept_is_refused(words, said):
    result = pdopt_("sweep", OWN, *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["sweep", "--help"], 0),
        (["sweep", BROKEN, *PRICE], 2),
        (["sweep", "nowhere.yaml", *PRICE], 2),
        (["sweep", INFEASIBLE, "--vary", "margins.demand=[0, 0.1]"], 3),
        (["sweep", MM1, "--vary", "margins.demand=[0, 0.1]"], 0),
    ],
)
def test_exit_codes(words, code):
    result = pdopt_(*words)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output


def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(tmp_path, monkeypatch):
    real, count = pdopt.studies.sweep.outcome.solve, [0]

    def solve(*words, **more):
        count[0] += 1
        if count[0] == 3:
            raise KeyboardInterrupt
        return real(*words, **more)

    monkeypatch.setattr(pdopt.studies.sweep.outcome, "solve", solve)
    output = tmp_path / "s.csv"
    stopped = pdopt_("sweep", OWN, *PRICE, "-o", str(output))
    assert stopped.exit_code == 130
    assert "stopped: 2 of 3 scenarios are finished" in stopped.stderr
    assert "start the same command again to go on" in stopped.stderr
    assert not output.exists()
    refused = pdopt_("sweep", OWN, "--vary", "skus.a100.usd_per_hour=1:3:5", "-o", str(output))
    assert refused.exit_code == 2
    assert "keeps another sweep" in refused.stderr
    finished = pdopt_("sweep", OWN, *PRICE, "-o", str(output))
    assert finished.exit_code == 0
    assert "2 of 3 scenarios are finished already" in finished.stderr
    assert count[0] == 4
    assert len(output.read_text().splitlines()) == 4


def test_a_sweep_killed_as_it_wrote_its_output_is_finished_again(tmp_path, monkeypatch):
    output = tmp_path / "s.csv"
    with monkeypatch.context() as patched:
        patched.setattr("pdopt.studies.sweep.journal.Journal.remove", lambda journal: journal.close())
        assert pdopt_("sweep", OWN, *PRICE, "-o", str(output)).exit_code == 0
    before = output.read_text()
    assert pdopt_("sweep", OWN, *PRICE, "-o", str(output)).exit_code == 0
    assert output.read_text() == before
    assert not list(tmp_path.glob("*.journal"))


@pytest.mark.parametrize("number", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_a_sweep_killed_by_signal_goes_on(tmp_path, number):
    words = [sys.executable, "-m", "pdopt", "sweep", OWN, "--vary", "skus.a100.usd_per_hour=uniform(1, 3)"]
    words += ["--samples", "16", "--gap", "0"]
    environment = {**os.environ, "PYTHONPATH": str(Path(pdopt.__file__).parents[1])}
    journal = tmp_path / "killed.csv.journal"
    running = subprocess.Popen([*words, "-q", "-o", str(tmp_path / "killed.csv")], env=environment)
    while running.poll() is None and (not journal.exists() or journal.read_bytes().count(b"\n") < 5):
        time.sleep(0.01)
    running.send_signal(number)
    assert running.wait() in (-number, 130)
    kept = journal.read_bytes().count(b"\n") - 1
    assert 4 <= kept < 16
    rest = pdopt_(*words[3:], "-o", str(tmp_path / "killed.csv"))
    assert f"{kept} of 16 scenarios are finished already" in rest.stderr
    assert pdopt_(*words[3:], "-q", "-o", str(tmp_path / "whole.csv")).exit_code == 0
    assert rows_of(tmp_path / "killed.csv") == rows_of(tmp_path / "whole.csv")


def test_a_picture(tmp_path):
    pytest.importorskip("matplotlib")
    words = [*PRICE, "--vary", "assumptions.dispatch=[split, pooled]", "--plot", str(tmp_path / "s.png"), "-q"]
    assert pdopt_("sweep", OWN, *words).exit_code == 0
    assert (tmp_path / "s.png").read_bytes().startswith(b"\x89PNG")
    alone = pdopt_("sweep", OWN, "--vary", "skus.a100.usd_per_hour=2", "--plot", str(tmp_path / "t.png"), "-q")
    assert alone.exit_code == 2
    assert "nothing to draw" in alone.stderr
