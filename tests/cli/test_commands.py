"""The command line as a user meets it: exit codes, what goes to which stream, files, the catalogue."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import NoneType
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

import pdopt
from pdopt.cli.app import app

ROOT = Path(__file__).parents[2]
INSTANCES = ROOT / "instances"
MM1 = str(INSTANCES / "textbook/mm1.yaml")
PAPER = str(INSTANCES / "paper/deepseek-v3.1-h200.yaml")
SIX = str(INSTANCES / "realistic/six-llms.yaml")
TWO_WORKLOADS = str(INSTANCES / "textbook/sharing-pays.yaml")
INFEASIBLE = str(INSTANCES / "infeasible/ttft-out-of-reach.yaml")
BROKEN = str(INSTANCES / "broken/many-faults.yaml")


def pdopt_(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def process(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run pdopt as a program of its own, from `folder`."""
    source = str(Path(pdopt.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": source}
    command = [sys.executable, "-m", "pdopt", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def strict_json(text: str) -> Any:
    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


# -- exit codes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--version"], 0),
        (["--help"], 0),
        (["solve", "--help"], 0),
        (["solve", MM1], 0),
        (["check", MM1], 0),
        (["size", MM1], 0),
        (["check", INFEASIBLE], 0),
        (["nonsense"], 2),
        (["solve"], 2),
        (["solve", MM1, "--nonsense"], 2),
        (["solve", MM1, "--time-limit", "0"], 2),
        (["solve", MM1, "--time-limit", "soon"], 2),
        (["solve", MM1, "--gap", "-0.1"], 2),
        (["solve", MM1, "--gap", "1.5"], 2),
        (["solve", "no-such-fleet.yaml"], 2),
        (["solve", str(INSTANCES)], 2),
        (["solve", BROKEN], 2),
        (["check", BROKEN], 2),
        (["size", BROKEN], 2),
        (["size", TWO_WORKLOADS], 2),
        (["size", TWO_WORKLOADS, "--workload", "nobody"], 2),
        (["size", TWO_WORKLOADS, "--workload", "urgent"], 0),
        (["solve", MM1, "--models", "no-such-folder"], 2),
        (["solve", INFEASIBLE], 3),
        (["size", INFEASIBLE], 3),
    ],
    ids=lambda value: " ".join(Path(word).name for word in value) if isinstance(value, list) else str(value),
)
def test_exit_code_without_traceback(words: list[str], code: int) -> None:
    result = pdopt_(*words)
    assert result.exit_code == code
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    if code == 2:
        assert not result.stdout
        assert result.stderr


def test_no_plan_within_the_time_limit_exits_4(monkeypatch: pytest.MonkeyPatch) -> None:
    import pdopt.solving.goals
    from pdopt.solving.highs import Outcome

    monkeypatch.setattr(pdopt.solving.goals, "run", lambda *_, **__: Outcome("unknown", None, None, -float("inf")))
    result = pdopt_("solve", MM1, "--json", "--time-limit", "2")
    assert result.exit_code == 4
    answer = strict_json(result.stdout)
    assert (answer["status"], answer["cost_per_hour"], answer["reasons"][0]["kind"]) == ("unknown", None, "time")
    assert "within 2 s" in pdopt_("solve", MM1, "--time-limit", "2").stdout


def test_a_fault_of_pdopt_exits_1(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fall_over(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("pdopt.solving.solve.lane_table", fall_over)
    monkeypatch.setattr(sys, "argv", ["pdopt", "solve", MM1])
    with pytest.raises(SystemExit) as ended:
        pdopt.cli.main()
    assert ended.value.code == 1
    assert "fault of pdopt" in capsys.readouterr().err


# -- as a program ---------------------------------------------------------------------------------------------------


def test_runs_as_a_module_in_an_empty_folder_and_finds_the_catalogue(tmp_path: Path) -> None:
    ran = process("solve", PAPER, "--json", folder=tmp_path)
    assert ran.returncode == 0
    assert strict_json(ran.stdout)["cost_per_hour"] == pytest.approx(506.4)
    assert "note: " in ran.stderr
    assert not list(tmp_path.iterdir())


def test_complains_as_a_program_without_traceback(tmp_path: Path) -> None:
    ran = process("solve", "nowhere.yaml", folder=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("nowhere.yaml: no such file")


def test_says_its_version() -> None:
    assert pdopt_("--version").stdout == f"pdopt {pdopt.__version__}\n"


# -- solve ----------------------------------------------------------------------------------------------------------


def test_json_has_the_keys_of_the_contract() -> None:
    result = pdopt_("solve", PAPER, "--json")
    plan = strict_json(result.stdout)
    assert {"status", "cost_per_hour", "bound_per_hour", "gap", "pools", "workloads", "skus"} <= plan.keys()
    pool_keys = {"model", "role", "sku", "gpus_per_instance", "instances", "serves", "utilisation"}
    assert all(pool_keys <= pool.keys() for pool in plan["pools"])
    assert {"name", "demand_rps", "served_rps", "ttft_mean_ms", "tpot_mean_ms"} <= plan["workloads"][0].keys()
    assert {"sku", "nodes", "usd_per_hour"} <= plan["skus"][0].keys()
    assert sum(rental["usd_per_hour"] for rental in plan["skus"]) == pytest.approx(plan["cost_per_hour"])
    assert {key for key in plan if key.endswith("version")} == {"pdopt_version"}


def test_json_of_no_plan_has_the_same_keys() -> None:
    answer = strict_json(pdopt_("solve", INFEASIBLE, "--json").stdout)
    assert {"status", "cost_per_hour", "gap", "pools", "workloads", "skus", "reasons"} <= answer.keys()
    assert answer["cost_per_hour"] is None


def test_notes_go_to_standard_error_unless_quiet() -> None:
    loud, quiet = pdopt_("solve", PAPER), pdopt_("solve", PAPER, "--quiet")
    assert "note: " in loud.stderr
    assert "note: " not in loud.stdout
    assert not quiet.stderr
    assert _without_time(quiet.stdout) == _without_time(loud.stdout)


def _without_time(text: str) -> str:
    return text.partition(", found in")[0]


def test_quiet_still_says_what_is_wrong() -> None:
    assert "31: " in pdopt_("check", BROKEN, "--quiet").stderr


def test_table_states_plan_price_and_proof() -> None:
    said = pdopt_("solve", PAPER).stdout
    for words in ("$506.40 per hour", "4P4D", "h200-node", "of 2,000", "no plan is cheaper than"):
        assert words in said


def test_infeasible_table_names_workload_target_and_best_values() -> None:
    said = pdopt_("solve", INFEASIBLE).stdout
    for words in ("chat", "TTFT mean of 60 ms", "75 ms on h100", "150 ms on a100"):
        assert words in said


def test_names_that_look_like_markup_are_printed_as_they_are(tmp_path: Path) -> None:
    fleet = tmp_path / "fleet.yaml"
    name = "a [bold]b[/x] :smile:"
    for source in (MM1, INFEASIBLE):
        text = Path(source).read_text().replace("  chat:", f'  "{name}":')
        fleet.write_text(text.replace("name: ", f"name: '{name}' # "))
        for command in ("solve", "size", "check"):
            result = pdopt_(command, str(fleet))
            assert isinstance(result.exception, SystemExit | NoneType)
            assert name in result.stdout or command == "check"


def test_gap_stops_within_it() -> None:
    plan = strict_json(pdopt_("solve", SIX, "--json", "--gap", "0.5", "--time-limit", "60").stdout)
    least = yaml.safe_load(Path(SIX).with_suffix(".answer.yaml").read_text())["cost_per_hour"]
    assert plan["gap"] <= 0.5
    assert plan["bound_per_hour"] <= least * (1 + 1e-6)
    assert plan["cost_per_hour"] >= least * (1 - 1e-6)


# -- the output file ------------------------------------------------------------------------------------------------


def test_output_is_written_whole_and_alone(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    result = pdopt_("solve", MM1, "-o", str(file))
    assert result.exit_code == 0
    assert "3P2D" in result.stdout
    assert strict_json(file.read_text())["cost_per_hour"] == 10
    assert list(tmp_path.iterdir()) == [file]


def test_output_equals_json(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    said = pdopt_("solve", MM1, "--json", "-o", str(file)).stdout
    assert file.read_text() == said


def test_output_overwrites_an_earlier_plan_or_refusal(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    for fleet, status in ((MM1, "optimal"), (INFEASIBLE, "infeasible"), (PAPER, "optimal")):
        pdopt_("solve", fleet, "-o", str(file))
        assert strict_json(file.read_text())["status"] == status


def test_output_into_an_empty_file_or_a_device(tmp_path: Path) -> None:
    file = tmp_path / "empty.json"
    file.write_text("")
    assert pdopt_("solve", MM1, "-o", str(file)).exit_code == 0
    assert strict_json(file.read_text())["status"] == "optimal"
    assert pdopt_("solve", MM1, "-o", "/dev/null").exit_code == 0


@pytest.mark.parametrize("content", ["name: fleet", "{}", "[1]", '{"status": "optimal"}'])
def test_output_never_overwrites_what_is_not_a_plan(tmp_path: Path, content: str) -> None:
    file = tmp_path / "mine.json"
    file.write_text(content)
    result = pdopt_("solve", MM1, "-o", str(file))
    assert result.exit_code == 2
    assert "is not a plan" in result.stderr
    assert file.read_text() == content


def test_output_onto_the_fleet_itself_is_refused(tmp_path: Path) -> None:
    fleet = tmp_path / "fleet.yaml"
    shutil.copy(MM1, fleet)
    assert pdopt_("solve", str(fleet), "-o", str(fleet)).exit_code == 2
    assert fleet.read_text() == Path(MM1).read_text()


@pytest.mark.parametrize("name", ["", "no/such/folder/plan.json"])
def test_output_into_a_folder_or_nowhere_is_refused(tmp_path: Path, name: str) -> None:
    assert pdopt_("solve", MM1, "-o", str(tmp_path / name)).exit_code == 2
    assert not list(tmp_path.iterdir())


def test_output_that_fails_leaves_the_earlier_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "plan.json"
    pdopt_("solve", MM1, "-o", str(file))
    before = file.read_text()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    pdopt_("solve", PAPER, "-o", str(file))
    assert file.read_text() == before
    assert list(tmp_path.iterdir()) == [file]


# -- check ----------------------------------------------------------------------------------------------------------


def test_check_counts_what_it_read() -> None:
    said = pdopt_("check", MM1).stdout
    assert "no faults (1 LLM, 1 SKU, 1 workload, 2 measured shapes)" in said


def test_check_lists_every_fault_with_file_and_line() -> None:
    *faults, summary = pdopt_("check", BROKEN).stderr.splitlines()
    assert len(faults) >= 15
    assert all(fault.startswith(f"{BROKEN}:") for fault in faults)
    assert summary == f"{len(faults)} faults in {BROKEN}"


# -- size -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fleet", "decode_tps", "decode_n", "ratio"),
    [("deepseek-v3.1-h200", 1714, 3.74, 0.82), ("deepseek-v3.1-h200-quadratic", 1691, 3.79, 0.81)],
)
def test_size_gives_the_numbers_of_the_paper(fleet: str, decode_tps: float, decode_n: float, ratio: float) -> None:
    file = str(INSTANCES / f"paper/{fleet}.yaml")
    (pair,) = strict_json(pdopt_("size", file, "--json").stdout)["pairs"]
    assert round(pair["prefill"]["tokens_per_s"]) == 25075
    assert round(pair["prefill"]["instances"], 2) == 3.07
    assert round(pair["decode"]["tokens_per_s"]) == decode_tps
    assert round(pair["decode"]["instances"], 2) == decode_n
    assert round(pair["prefill_per_decode"], 2) == ratio
    said = pdopt_("size", file).stdout
    for words in ("25,075", f"{decode_tps:,}", "3.068", f"{ratio} : 1", "4P4D"):
        assert words in said


def test_size_of_several_workloads_names_them() -> None:
    said = pdopt_("size", TWO_WORKLOADS).stderr
    assert "--workload" in said
    assert "urgent, patient" in said


# -- a catalogue of one's own ---------------------------------------------------------------------------------------


def test_own_catalogue_comes_first_and_pdopts_stays(tmp_path: Path) -> None:
    own = tmp_path / "models/llms/mine"
    own.mkdir(parents=True)
    (own / "prefill.csv").write_text("gpu,gpus,input_tokens,tokens_per_s\nh200-sxm,1,6144,61440\n")
    (own / "decode.csv").write_text("gpu,gpus,input_tokens,output_tokens,batch,tpot_ms\nh200-sxm,1,6144,512,10,10\n")
    fleet = tmp_path / "fleet.yaml"
    text = Path(PAPER).read_text().replace("deepseek-v3.1: {}", "deepseek-v3.1: {}\n  mine: {}")
    fleet.write_text(text.replace("model: deepseek-v3.1", "model: mine"))
    assert pdopt_("check", str(fleet)).exit_code == 2
    plan = strict_json(pdopt_("solve", str(fleet), "--models", str(tmp_path / "models"), "--json").stdout)
    assert {pool["model"] for pool in plan["pools"]} == {"mine"}
