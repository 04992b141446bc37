"""``pdopt simulate`` as a user meets it."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from tests.cli.test_commands import INSTANCES, pdopt_, strict_json

PAPER = INSTANCES / "paper/deepseek-v3.1-h200.yaml"
FEW = ("--requests", "10000", "--replications", "5")
TRACE = Path(__file__).parents[1] / "data/traces/azure2023_conv.csv.gz"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("plans")
    shutil.copy(PAPER, made / "fleet.yaml")
    assert pdopt_("solve", str(made / "fleet.yaml"), "-o", str(made / "plan.json"), "-q").exit_code == 0
    return made


@pytest.fixture
def plan(folder) -> str:
    return str(folder / "plan.json")


def test_the_plan_says_where_its_fleet_is_and_moves_with_it(folder, tmp_path):
    assert json.loads((folder / "plan.json").read_text())["fleet_file"] == "fleet.yaml"
    for name in ("fleet.yaml", "plan.json"):
        shutil.copy(folder / name, tmp_path / name)
    assert pdopt_("simulate", str(tmp_path / "plan.json"), *FEW, "-q").exit_code == 0


def test_the_first_line_is_the_verdict(plan):
    said = pdopt_("simulate", plan, *FEW, "-q")
    assert said.exit_code == 0
    first, *rest = said.stdout.splitlines()
    assert first.startswith("DeepSeek-V3.1 on H200: all 2 targets hold")
    assert any(line.startswith("chat") and line.endswith("holds") for line in rest)
    assert not said.stderr


def test_a_target_that_fails_ends_with_3_and_says_what_to_do(plan):
    said = pdopt_("simulate", plan, *FEW, "-q", "--lost", "1")
    assert said.exit_code == 3
    assert "FAIL" in said.stdout.splitlines()[0]
    assert "margins" in said.stdout


def test_json_tables_and_a_picture(plan, tmp_path):
    files = {suffix: tmp_path / f"s.{suffix}" for suffix in ("json", "csv", "png")}
    said = pdopt_("simulate", plan, *FEW, "--json", "-q", "-o", str(files["json"]))
    answer = strict_json(said.stdout)
    assert files["json"].read_text() == said.stdout
    assert {t["target"] for w in answer["workloads"] for t in w["targets"]} == {"ttft_mean_ms", "tpot_mean_ms"}
    assert pdopt_("simulate", plan, *FEW, "-q", "-o", str(files["csv"])).exit_code == 0
    with files["csv"].open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [float(row["seen_ms"]) for row in rows] == [
        t["seen_ms"]["mean"] for w in answer["workloads"] for t in w["targets"]
    ]
    pytest.importorskip("matplotlib")
    assert pdopt_("simulate", plan, *FEW, "-q", "--plot", str(files["png"])).exit_code == 0
    assert files["png"].stat().st_size > 10_000


def test_logs_and_loops(plan):
    loop = strict_json(pdopt_("simulate", plan, *FEW, "-q", "--json", "--concurrency", "96").stdout)
    assert loop["workloads"][0]["in_flight"] == 96
    log = pdopt_("simulate", plan, *FEW, "--json", "--trace", str(TRACE), "--chunk-tokens", "4096")
    assert strict_json(log.stdout)["settings"]["arrivals"] == "trace"
    assert "the trace has" in log.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--trace", "none.csv"], "no such file"),
        (["--trace", "mail=x.csv"], "mail is no workload of the fleet; it has chat"),
        (["--concurrency", "chat=none"], "must be WORKLOAD=N or N"),
        (["--outputs", "long"], "must be fixed, exponential, or lognormal:CV"),
        (["--arrivals", "trace"], "need a trace"),
        (["--hit-rate", "2"], "hit rate"),
        (["--lost", "9"], "none of them left"),
        (["--fleet", "gone.yaml"], "gone.yaml"),
        (["--plot", "picture.txt"], "name a file that ends in"),
    ],
)
def test_what_cannot_be_is_refused_without_a_traceback(plan, words, said):
    result = pdopt_("simulate", plan, *FEW, *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not result.stdout


def test_a_fleet_that_is_gone_or_changed_is_refused_with_the_remedy(folder, tmp_path):
    plan = tmp_path / "plan.json"
    shutil.copy(folder / "plan.json", plan)
    gone = pdopt_("simulate", str(plan), *FEW)
    assert gone.exit_code == 2
    assert "is not there; say where it is with --fleet" in gone.stderr
    (tmp_path / "fleet.yaml").write_text(PAPER.read_text() + "\n# a word\n")
    changed = pdopt_("simulate", str(plan), *FEW)
    assert changed.exit_code == 2
    assert "has changed since the plan was made" in changed.stderr
    given = pdopt_("simulate", str(plan), *FEW, "--fleet", str(tmp_path / "fleet.yaml"))
    assert given.exit_code == 0
    assert "not what the plan was made for" in given.stderr
    stated = json.loads(plan.read_text())
    del stated["fleet_file"]
    plan.write_text(json.dumps(stated))
    assert "give it with --fleet FILE" in pdopt_("simulate", str(plan), *FEW).stderr


def test_the_plan_is_not_overwritten(plan):
    before = Path(plan).read_text()
    assert pdopt_("simulate", plan, *FEW, "-o", plan).exit_code == 2
    assert Path(plan).read_text() == before


def test_no_plan_is_not_simulated(tmp_path):
    file = tmp_path / "none.json"
    fleet = INSTANCES / "infeasible/stock-too-small.yaml"
    assert pdopt_("solve", str(fleet), "-o", str(file), "-q").exit_code == 3
    assert pdopt_("simulate", str(file)).exit_code == 2


def test_periods_are_told_apart(tmp_path):
    fleet = tmp_path / "fleet.yaml"
    text = PAPER.read_text().replace("tokens_per_minute: 5000000", "tokens_per_minute: {night: 1000000, day: 5000000}")
    fleet.write_text(text + "\nperiods: {night: 10, day: 14}\n")
    assert pdopt_("solve", str(fleet), "-o", str(tmp_path / "plan.json"), "-q").exit_code == 0
    answer = strict_json(pdopt_("simulate", str(tmp_path / "plan.json"), *FEW, "--json", "-q").stdout)
    rates = {seen["period"]: seen["completed_rps"]["mean"] for seen in answer["workloads"]}
    assert rates["day"] == pytest.approx(5 * rates["night"], rel=0.1)
    assert "night" in pdopt_("simulate", str(tmp_path / "plan.json"), *FEW, "-q").stdout
