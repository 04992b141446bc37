"""``pdopt calibrate`` as a user meets it."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

import pdopt
from pdopt.cli.app import app

PAPER = Path(__file__).parents[2] / "instances/paper"
FLEET, POINTS = str(PAPER / "deepseek-v3.1-h200.yaml"), str(PAPER / "figure3-load-points.csv")
HEADER = (
    "model,gpu,gpus,parallelism,input_tokens,output_tokens,requests_per_second,concurrency,ttft_mean_ms,tpot_mean_ms"
)


def calibrate(*words: str) -> Any:
    return CliRunner().invoke(app, ["calibrate", *words])


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("calibrated") / "mine"
    return folder, calibrate(POINTS, "--fleet", FLEET, "-o", str(folder))


def test_tables_and_keys_to_set(written):
    folder, done = written
    assert done.exit_code == 0
    assert "deepseek-v3.1 decode on 8xh200-sxm tp8 sglang fp8, 6 load points" in done.stdout
    for words in (
        "interference",
        "95 % interval",
        "not fitted: known to",
        "before the fit",
        "left out: 3P3D",
        "fits worst: ",
    ):
        assert words in done.stdout
    keys = yaml.safe_load(done.stdout.partition("in the fleet:\n")[2])
    assert keys["transfer"] == {"overhead_ms": 100.0}
    assert keys["assumptions"] == {"prefill_service_cv2": 1.0, "dispatch": "split", "decode_load": "steady"}
    assert keys["models"] == {"deepseek-v3.1": {"profiles": str(folder)}}
    assert "decode.csv: 13 rows added" in done.stderr


def test_a_fleet_plans_with_the_calibrated_profiles(written, tmp_path):
    folder, _ = written
    with (folder / "decode.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["input_tokens"] == "6144"]
    assert float(rows[0]["tpot_ms"]) == pytest.approx(12.8 * 1.0494, rel=1e-3)
    assert rows[0]["kind"] == "computed"
    assert "calibrated by pdopt" in rows[0]["source"]
    assert "figure3-load-points.csv" in rows[0]["source"]
    assert "interference 1.049" in rows[0]["source"]
    document = yaml.safe_load(Path(FLEET).read_text(encoding="utf-8"))
    document["models"] = {"deepseek-v3.1": {"profiles": str(folder)}}
    document["workloads"]["chat"]["tokens_per_minute"] = 3_600_000
    file = tmp_path / "fleet.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    plan = pdopt.solve(pdopt.read_fleet(file))
    assert {pool.role: pool.instances for pool in plan.pools}["decode"] == 3  # the paper: 3P3D carries 3.6 million


def test_the_same_twice_changes_nothing_and_another_result_is_not_overwritten(written, tmp_path):
    folder = tmp_path / "mine"
    shutil.copytree(written[0], folder)
    before = (folder / "decode.csv").read_text(encoding="utf-8")
    again = calibrate(POINTS, "--fleet", FLEET, "-o", str(folder))
    assert again.exit_code == 0
    assert "decode.csv: 0 rows added, 13 there already" in again.stderr
    other = calibrate(POINTS, "--fleet", FLEET, "--decode-load", "open", "-o", str(folder))
    assert other.exit_code == 2
    assert "nothing was written" in other.stderr
    assert other.stdout == ""
    assert (folder / "decode.csv").read_text(encoding="utf-8") == before


def test_json_is_the_same_answer():
    done = calibrate(POINTS, "--fleet", FLEET, "--json")
    document = json.loads(done.stdout, parse_constant=pytest.fail)
    decode, prefill = document["sides"]
    assert (decode["role"], prefill["role"]) == ("decode", "prefill")
    assert decode["parameters"][0]["low"] < decode["parameters"][0]["value"] < decode["parameters"][0]["high"]
    overhead = next(p for p in prefill["parameters"] if p["name"] == "overhead_ms")
    assert (overhead["value"], overhead["fitted"]) == (100.0, False)
    assert {test["left_out"] for test in decode["out_of_sample"]} >= {"3P3D", "3P4D", "each point"}
    assert len(decode["points"]) == 6
    assert document["fleet"][0]["set"]["transfer"] == {"overhead_ms": 100.0}


def test_setups_have_folders_of_their_own(tmp_path):
    done = calibrate(str(PAPER / "figure1.csv"), "--fit", "speed", "--fit", "overhead", "-o", str(tmp_path))
    assert done.exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "deepseek-v3.1-chunk-12288",
        "deepseek-v3.1-chunk-24576",
        "qwen3-235b-a22b-fp8-chunk-12288",
        "qwen3-235b-a22b-fp8-chunk-4096",
    ]
    assert done.stdout.count("in the fleet for ") == 4


def test_faults_are_told_all_at_once(tmp_path):
    file = tmp_path / "points.csv"
    rows = [
        "deepseek-v3.1,h200-sxm,8,tp8-ep8,6144,512,2,,500,",
        "deepseek-v3.1,h200-sxm,8,tp8-ep8,99999,512,2,,500,",
        "deepseek-v3.1,h200-sxm,8,tp8-ep8,6144,512,,,500,",
        "deepseek-v3.1,h200-sxm,8,tp8-ep8,6144,512,-2,,x,",
        "deepseek-v3.1,h200-sxm,8,tp8-ep8,6144,512,3,,500,18",
        "deepseek-v3.1,h200-sxm,8,tp8-ep8,6144,512,,8,500,",
        "unheard-of,h200-sxm,8,,6144,512,2,,500,",
        "deepseek-v3.1,h100-sxm,8,tp3,6144,512,2,,,20",
    ]
    file.write_text("\n".join((HEADER, *rows)), encoding="utf-8")
    done = calibrate(str(file))
    assert done.exit_code == 2
    assert done.stdout == ""
    said = done.stderr.replace(f"{file}:", "")
    for beginning in (
        "3: prefill of deepseek-v3.1 was measured at 6144",
        "4: states no load; give requests_per_second",
        "5: requests_per_second: must be greater than 0, got '-2'",
        "5: ttft_mean_ms: must be a number, got 'x'",
        "6: decode_instances: is needed",
        "6: prefill_instances: is needed",
        "7: concurrency: gives the rate only with both mean latencies; add tpot_mean_ms",
        "8: unheard-of is not in the catalogue; name a folder with --profiles or a fleet with --fleet, or add",
        "9: deepseek-v3.1 has no decode profile on 8xh100-sxm",
    ):
        assert any(line.startswith(beginning) for line in said.splitlines()), beginning
    assert "9 faults in" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere.csv"], "nowhere.csv"),
        ([POINTS, "--profiles", "nowhere"], "there is no such folder"),
        ([POINTS, "-o", POINTS], "is a file"),
        ([POINTS, "--fit", "everything"], "everything"),
        ([POINTS, "--models", "nowhere"], "nowhere"),
    ],
)
def test_bad_usage(words, said):
    done = calibrate(*words)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_what_the_data_do_not_tell_is_said(tmp_path):
    file = tmp_path / "points.csv"
    measured = {0.05: 330, 0.06: 342, 0.07: 325, 0.08: 338}
    light = [f"deepseek-v3.1,h200-sxm,8,tp8-ep8,6144,1,{rate},,{ms}," for rate, ms in measured.items()]
    file.write_text("\n".join((HEADER, *light)), encoding="utf-8")
    done = calibrate(str(file), "--overhead-ms", "100")
    assert done.exit_code == 0
    assert done.stdout.count("not fitted: ") == 2
    assert "{overhead_ms: 100.0}" in done.stdout


def test_another_llm_than_the_fleets(tmp_path):
    file = tmp_path / "points.csv"
    file.write_text(f"{HEADER}\nqwen,h200-sxm,8,,6144,1,1,,500,\nqwen,h200-sxm,8,,6144,1,2,,600,", encoding="utf-8")
    done = calibrate(str(file), "--fleet", FLEET)
    assert done.exit_code == 2
    assert "qwen is not in the fleet; known: deepseek-v3.1" in done.stderr


def test_an_llm_that_nobody_knows(tmp_path):
    file = tmp_path / "points.csv"
    file.write_text(Path(POINTS).read_text(encoding="utf-8").replace("deepseek-v3.1", "deepsek-v3.1"), encoding="utf-8")
    done = calibrate(str(file))
    assert done.exit_code == 2
    assert "deepsek-v3.1 is not in the catalogue; name a folder" in done.stderr
    assert "did you mean deepseek-v3" in done.stderr


def test_what_pooling_gains_is_not_counted_twice():
    from pdopt.cli.calibrate import _notes
    from pdopt.studies.calibrate.answer import Calibration

    fleet = pdopt.read_fleet(FLEET)
    pooled = replace(fleet, assumptions=replace(fleet.assumptions, dispatch="pooled"))
    assert [_notes(Calibration(()), one) == [] for one in (fleet, pooled)] == [True, False]
    keys = json.loads(calibrate(POINTS, "--fleet", FLEET, "--json").stdout)["fleet"][0]["set"]
    assert keys["assumptions"]["dispatch"] == "split"
