"""Profiles from AIConfigurator: rows, provenance, refusals; against a stand-in, and once against the real package."""

from __future__ import annotations

import csv
import importlib.util
import sys
from pathlib import Path

import pytest
from tests.unit import fake_aic
from typer.testing import CliRunner

from pdopt.catalogue.aic.layout import Layout, gpu_of, system_of
from pdopt.cli.app import app
from pdopt.fleet.tables import read_folder

MODELS = Path(__file__).resolve().parents[2] / "models"
REAL = any(importlib.util.find_spec(name) for name in ("aisimulate_core", "aiconfigurator_core"))
QWEN = ("--model", "Qwen/Qwen3-32B", "--gpu", "h200-sxm", "--engine", "sglang")
DEEPSEEK = ("--model", "deepseek-ai/DeepSeek-V3", "--gpu", "h200-sxm", "--engine", "sglang", "--gpus", "8")


def aic(*words, to):
    return CliRunner().invoke(app, ["profile", "aic", *words, "--to", str(to)])


def rows(folder, role):
    with (folder / f"{role}.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def fake(monkeypatch):
    fake_aic.install(monkeypatch)


@pytest.mark.usefixtures("fake")
def test_rows_and_their_provenance(tmp_path):
    done = aic(*QWEN, "--tp", "2", "--lengths", "1000", "--contexts", "1000", "--batches", "1,20,300", to=tmp_path)
    assert done.exit_code == 0, done.output
    (prefill,) = rows(tmp_path, "prefill")
    assert prefill["tokens_per_s"] == "40000"  # 1000 tokens in 0.05 · 1000 / 2 = 25 ms
    assert (prefill["gpus"], prefill["parallelism"], prefill["precision"]) == ("2", "tp2", "bf16")
    assert (prefill["kind"], prefill["engine_version"]) == ("computed", "0.5.14")
    assert "75 % from measured kernels" in prefill["source"]
    assert "uncalibrated" in prefill["source"]
    one, twenty = rows(tmp_path, "decode")  # 300 requests of 1000 tokens do not fit in 200,000
    assert (one["tpot_ms"], twenty["tpot_ms"]) == ("10.1", "12")
    assert one["kv_tokens"] == "200000"
    assert "90 % from measured kernels" in one["source"]  # 8 + 1 of 10 ms
    found, complaints = read_folder(tmp_path)
    assert len(found["decode"]) == 2
    assert not any(c.faults for c in complaints)


@pytest.mark.usefixtures("fake")
def test_data_parallel_ranks_multiply_batch_throughput_and_memory(tmp_path):
    points = ("--lengths", "1000", "--contexts", "1000", "--batches", "20")
    aic(*DEEPSEEK, "--dp", "8", "--ep", "8", *points, to=tmp_path)
    (prefill,), (decode,) = rows(tmp_path, "prefill"), rows(tmp_path, "decode")
    assert (prefill["parallelism"], prefill["dp"], prefill["precision"]) == ("dp8-ep8", "8", "fp8-kv-bf16")
    assert prefill["tokens_per_s"] == "160000"  # 8 ranks, each 1000 tokens in 50 ms
    assert (decode["batch"], decode["kv_tokens"], decode["tpot_ms"]) == ("160", "800000", "12")


@pytest.mark.usefixtures("fake")
def test_drafts_and_scales(tmp_path):
    drafts = ("--nextn", "1", "--tokens-per-step", "1.6", "--prefill-scale", "1.1", "--decode-scale", "0.8")
    done = aic(*DEEPSEEK, *drafts, "--lengths", "1000", "--contexts", "1000", "--batches", "20", to=tmp_path)
    assert "bf16" in done.stderr  # DeepSeek on Hopper: said, not silent
    (prefill,), (decode,) = rows(tmp_path, "prefill"), rows(tmp_path, "decode")
    assert prefill["tokens_per_s"] == "176000"  # 8 · 20,000 · 1.1
    assert prefill["parallelism"] == "tp8"
    assert decode["parallelism"] == "tp8-mtp1"
    assert decode["tpot_ms"] == "18.75"  # a step of 2 · 12 ms, 1.6 tokens, at 0.8 of the speed
    assert decode["tokens_per_step"] == "1.6"
    assert "nextn 1, 1.6 tokens per step (given); speed scaled by 0.8 (given)" in decode["source"]


@pytest.mark.usefixtures("fake")
def test_a_second_import_changes_nothing_and_a_contradiction_writes_nothing(tmp_path):
    aic(*QWEN, "--lengths", "1000,2000", to=tmp_path)
    before = {role: (tmp_path / f"{role}.csv").read_bytes() for role in ("prefill", "decode")}
    again = aic(*QWEN, "--lengths", "1000", to=tmp_path)
    assert "0 rows added, 1 there already" in again.stdout
    other = aic(*QWEN, "--lengths", "1000,4000", "--prefill-scale", "1.1", to=tmp_path)
    assert other.exit_code == 2
    assert "other results for 1 of these points" in other.stderr
    assert before == {role: (tmp_path / f"{role}.csv").read_bytes() for role in ("prefill", "decode")}


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--gpu", "h20"), "--gpu h20: aiconfigurator"),
        (("--gpu", "l40s"), "no data on l40s; there is vllm"),
        (("--engine-version", "0.1"), "there is 0.5.14, 0.5.16"),
        (("--model", "Qwen/Qwen3-32"), "did you mean Qwen/Qwen3-32B"),
        (("--nextn", "2"), "--tokens-per-step"),
        (("--nextn", "2", "--tokens-per-step", "3.5"), "must be 1 to 3"),
        (("--tokens-per-step", "1.5"), "must be 1 to 1"),
        (("--lengths", "a"), "whole numbers"),
        (("--lengths", "0"), "whole numbers above 0"),
        (("--prefill-scale", "110"), "must be 0.1 to 10"),
        (("--kv", "int8"), "bf16 or fp8"),
        (("--gpus", "8", "--dp", "3"), "not 8 GPUs"),
        (("--gpus", "8", "--ep", "3"), "does not divide"),
        (("--batches", "300", "--contexts", "100"), "decode: aiconfigurator"),
        (("--contexts", "200000"), "holds 100000 tokens"),
        (("--model", "deepseek-ai/DeepSeek-V3", "--gpus", "8", "--kv", "fp8"), "context MLA data missing"),
        (("--model", "Qwen/Qwen3-32B-FP8", "--engine", "vllm"), "broken table"),
    ],
)
def test_refusals_name_what_there_is(words, said, tmp_path):
    done = aic(*QWEN, *words, to=tmp_path / "new")
    assert done.exit_code == 2, done.output
    assert said in done.stderr
    assert not (tmp_path / "new").exists()


def test_without_the_package(monkeypatch, tmp_path):
    for name in ("aisimulate_core", "aiconfigurator_core"):
        monkeypatch.setitem(sys.modules, name, None)
    done = aic(*QWEN, to=tmp_path)
    assert done.exit_code == 2
    assert "pip install 'pdopt[aic]'" in done.stderr


def test_layouts_and_names():
    assert Layout.of(8, None, 1, 8).name == "tp8-ep8"
    assert Layout.of(8, None, 8, 8).name == "dp8-ep8"
    assert Layout.of(8, None, 8, 1).degrees["moe_tp_size"] == 8
    assert Layout.of(None, None, 1, 1).name == "tp1"
    assert (system_of("rtx-pro-6000"), gpu_of("rtx_pro_6000_server")) == ("rtx_pro_6000_server", "rtx-pro-6000")


@pytest.mark.aic
@pytest.mark.skipif(not REAL, reason="pdopt[aic] is not installed")
def test_the_real_package_agrees_with_the_catalogue(tmp_path):
    done = aic(*DEEPSEEK, "--lengths", "6144", "--contexts", "4096", "--batches", "32", to=tmp_path)
    assert done.exit_code == 0, done.output
    for role, measure in (("prefill", "tokens_per_s"), ("decode", "tpot_ms")):
        (mine,) = rows(tmp_path, role)
        point = [c for c in ("gpu", "parallelism", "engine", "precision", "input_tokens", "batch") if c in mine]
        (theirs,) = (r for r in rows(MODELS / "llms/deepseek-v3", role) if all(r[c] == mine[c] for c in point))
        assert float(mine[measure]) == pytest.approx(float(theirs[measure]), rel=0.03)
