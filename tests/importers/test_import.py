"""``pdopt profile import`` as a user meets it: rows, refusals, merging, exit codes."""

from __future__ import annotations

import json
import math
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pdopt.cli.app import app
from tests.importers.bench import SAMPLES, VLLM, import_, rows, vllm_run, vllm_sweep
from tests.samples import some

ROOT = Path(__file__).parents[2]
KUBECON = SAMPLES / "inference_perf/real_kubecon_na_2025"
BATCHES = SAMPLES / "sglang_bench_one_batch_server"


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


# -- which rows -----------------------------------------------------------------------------------------------------


def test_a_sweep_of_an_ordinary_server_becomes_mixed_rows(tmp_path):
    done = import_(*vllm_sweep(tmp_path), to=tmp_path / "x")
    assert done.exit_code == 0
    assert "concurrency 4 → 1 mixed row" in done.stdout
    assert "--role decode" in done.stderr
    found = rows(tmp_path / "x", "mixed")
    assert len(found) == 7
    assert not (tmp_path / "x/decode.csv").exists()
    first = found[0]
    assert (first["gpu"], first["gpus"], first["engine"], first["input_tokens"]) == ("h200-sxm", "8", "vllm", "1024")
    assert float(first["requests_per_s"]) == pytest.approx(1 / (0.045 + 127 * 0.0082), rel=1e-5)
    assert (first["ttft_mean_ms"], first["tpot_p99_ms"], first["note"]) == ("45", "12.3", "concurrency 1")
    assert (first["kind"], first["date"]) == ("measured", "2026-11-23")
    assert first["source"] == "vllm bench serve: c1.json"


def test_decode_rows_only_when_asked_with_the_batch_by_littles_law(tmp_path):
    done = import_(*vllm_sweep(tmp_path), "--role", "decode", to=tmp_path / "x")
    assert done.exit_code == 0
    last = rows(tmp_path / "x", "decode")[-1]
    tpot_s = 8e-3 + 0.2e-3 * 64
    rate = 64 / (0.36 + 127 * tpot_s)
    assert float(last["batch"]) == pytest.approx(rate * 128 * tpot_s, rel=1e-5)
    assert float(last["batch"]) < 64
    assert last["tpot_ms"] == "20.8"


def test_one_token_outputs_are_prefill_and_the_heaviest_load_is_the_maximum(tmp_path):
    one = {
        "total_output_tokens": 40,
        "completed": 40,
        "num_prompts": 40,
        "mean_tpot_ms": 0.0,
        "total_input_tokens": 40960,
    }
    alone = {"max_concurrency": 1, "mean_ttft_ms": 50.0, "request_throughput": 19.0, "duration": 40 / 19}
    busy = {"max_concurrency": 16, "mean_ttft_ms": 600.0, "request_throughput": 25.0, "duration": 40 / 25}
    low = vllm_run(tmp_path, "c1", **one, **alone)
    high = vllm_run(tmp_path, "c16", **one, **busy)
    assert import_(low, to=tmp_path / "low").exit_code == 0
    assert [row["tokens_per_s"] for row in rows(tmp_path / "low", "prefill")] == ["20480"]
    assert import_(low, high, to=tmp_path / "both").exit_code == 0
    assert [row["tokens_per_s"] for row in rows(tmp_path / "both", "prefill")] == ["25600"]
    assert import_(low, "--dp", "4", to=tmp_path / "dp").exit_code == 0
    assert [row["tokens_per_s"] for row in rows(tmp_path / "dp", "prefill")] == ["81920"]


def test_a_prefill_throughput_of_long_outputs_is_refused_and_ttft_alone_taken(tmp_path):
    """The sample's outputs are 64 tokens: what 4 in flight carried was not held up by prefill."""
    done = import_(VLLM, "--role", "prefill", to=tmp_path / "x")
    assert done.exit_code == 2
    assert "its requests go on to decode 64 tokens" in done.stderr
    alone = vllm_run(tmp_path, "alone", max_concurrency=1, mean_ttft_ms=100.0)
    done = import_(alone, "--role", "prefill", to=tmp_path / "x")
    assert done.exit_code == 0
    assert "outputs of 64 tokens were left out" in done.stderr
    assert float(rows(tmp_path / "x", "prefill")[0]["tokens_per_s"]) == pytest.approx(20450 / 16 / 0.1, rel=1e-5)
    open_loop = {"max_concurrency": None, "request_throughput": 0.4, "request_rate": 0.4, "completed": 30}
    slow = vllm_run(tmp_path, "slow", **open_loop, mean_ttft_ms=100.0, mean_tpot_ms=20.0)
    assert import_(slow, "--role", "prefill", to=tmp_path / "y").exit_code == 2


def test_an_open_loop_of_prefills_counts_when_alone_or_saturated(tmp_path):
    one = {
        "total_output_tokens": 40,
        "completed": 40,
        "num_prompts": 40,
        "total_input_tokens": 40960,
        "max_concurrency": None,
    }
    runs = {
        "alone": {"request_rate": 0.5, "request_throughput": 0.5, "mean_ttft_ms": 50.0, "duration": 80},
        "between": {"request_rate": 10, "request_throughput": 10, "mean_ttft_ms": 70.0, "duration": 4},
        "saturated": {"request_rate": 100, "request_throughput": 25, "mean_ttft_ms": 700.0, "duration": 1.6},
    }
    found = {
        name: import_(vllm_run(tmp_path, name, **one, **run), to=tmp_path / f"x-{name}") for name, run in runs.items()
    }
    assert [done.exit_code for done in found.values()] == [0, 2, 0]
    assert "neither alone nor saturated" in found["between"].stderr
    assert rows(tmp_path / "x-alone", "prefill")[0]["tokens_per_s"] == "20480"
    assert rows(tmp_path / "x-saturated", "prefill")[0]["tokens_per_s"] == "25600"


def test_static_batches_give_both_phases(tmp_path):
    done = import_(BATCHES / "bench_one_batch_server_pydantic.json", to=tmp_path / "x")
    assert done.exit_code == 0
    assert [(row["input_tokens"], row["batch"]) for row in rows(tmp_path / "x", "decode")] == [
        ("512", "1"),
        ("512", "8"),
        ("1024", "1"),
        ("1024", "8"),
    ]
    prefill = rows(tmp_path / "x", "prefill")
    assert [row["input_tokens"] for row in prefill] == ["512", "1024"]
    assert [float(row["tokens_per_s"]) for row in prefill] == pytest.approx([18598.12, 18930.85], rel=1e-5)


def test_dynamo_agrees_with_the_rows_that_the_catalogue_took_from_it(tmp_path):
    shutil.copytree(ROOT / "models/llms/llama-3.1-8b-fp8", tmp_path / "x")
    before = contents(tmp_path / "x")
    shape = ["--gpu", "h200-sxm", "--gpus", "1", "--parallelism", "tp1", "--engine", "vllm"]
    precise = ["--precision", "fp8-kv-bf16"]
    done = import_(SAMPLES / "dynamo_profiler_npz", *shape, *precise, to=tmp_path / "x", instance=False)
    assert done.exit_code == 0
    assert "prefill.csv: rows 0 added, 17 already there, 0 conflicting" in done.stdout
    assert "decode.csv: rows 0 added, 38 already there, 0 conflicting" in done.stdout
    assert done.stderr.count("the engine held") == 3
    assert contents(tmp_path / "x") == before


# -- refusals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"failed": 3}, "3 requests failed"),
        ({"completed": 4, "total_input_tokens": 4096, "total_output_tokens": 256}, "only 4 requests completed"),
        ({"max_concurrency": None}, "all requests were sent at once"),
        ({"request_rate": 10.0, "completed": 30, "max_concurrency": None}, "it was saturated"),
        ({"request_rate": 6.0, "completed": 30, "max_concurrency": None, "p99_ttft_ms": 900.0}, "did not settle"),
        ({"input_lens": [100, 2000, 300, 4000]}, "input lengths are mixed"),
        ({"output_lens": [1, 2000, 3, 4000]}, "output lengths are mixed"),
        ({"mean_tpot_ms": 0.0}, "no usable tpot"),
        ({"mean_ttft_ms": math.nan}, "no usable ttft"),
        ({"request_throughput": 0}, "request throughput is 0"),
        ({"completed": 0}, "input tokens is not stated"),
        ({"duration": "soon"}, "duration is not a number"),
    ],
)
def test_unusable_runs_are_refused_with_the_reason_and_the_rest_is_taken(tmp_path, changes, reason):
    bad = vllm_run(tmp_path, "bad", **changes)
    alone = import_(bad, to=tmp_path / "x")
    assert alone.exit_code == 2
    assert f"refused: {bad}" in alone.stderr
    assert reason in alone.stderr
    assert not (tmp_path / "x").exists()
    assert import_(bad, VLLM, to=tmp_path / "x").exit_code == 0
    assert len(rows(tmp_path / "x", "mixed")) == 1


def test_real_saturated_stages_are_refused(tmp_path):
    done = import_(KUBECON, to=tmp_path / "x")
    assert done.exit_code == 0
    assert done.stderr.count("it was saturated") == 3
    assert [row["requests_per_s"] for row in rows(tmp_path / "x", "mixed")] == [
        "0.996851",
        "37.6759",
        "74.2826",
        "110.76",
    ]
    assert {row["input_tokens"] + "/" + row["output_tokens"] for row in rows(tmp_path / "x", "mixed")} == {"201/62"}


def test_a_sweep_past_its_peak_stops_there(tmp_path):
    low = vllm_run(tmp_path, "low", max_concurrency=2, request_throughput=6.5, output_throughput=300)
    done = import_(low, VLLM, to=tmp_path / "x")
    assert "past its peak: 2 in flight carried 6.5 requests/s and 4 only 6.073" in done.stderr
    assert [row["requests_per_s"] for row in rows(tmp_path / "x", "mixed")] == ["6.5"]
    assert import_(low, VLLM, "--role", "decode", to=tmp_path / "y").exit_code == 0
    assert len(rows(tmp_path / "y", "decode")) == 2


def test_mixed_lengths_may_be_let_through(tmp_path):
    summary = SAMPLES / "evalscope_perf"
    assert import_(summary, to=tmp_path / "x").exit_code == 2
    assert import_(summary, "--max-spread", "0.3", to=tmp_path / "x").exit_code == 0
    assert len(rows(tmp_path / "x", "mixed")) == 2


def test_what_is_no_result_is_said(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.json").write_text(
        '{"backend": 1, "model_id": 1, "tokenizer_id": 1, "num_prompts": 1, ', "utf-8"
    )
    done = import_(
        ROOT / "README.md", tmp_path / "no-such", tmp_path / "empty", tmp_path / "broken.json", to=tmp_path / "x"
    )
    assert done.exit_code == 2
    for reason in ("not a result of a tool", "no such file", "holds no results", "is not JSON"):
        assert reason in done.stderr
    assert "Traceback" not in done.output


def test_needed_facts_are_asked_for_all_files_at_once(tmp_path):
    done = import_(*vllm_sweep(tmp_path), to=tmp_path / "x", instance=False)
    assert done.exit_code == 2
    assert done.stderr.count("is needed") == 2
    assert all(f"c{c}.json" in done.stderr for c in (1, 64))
    assert not (tmp_path / "x").exists()


def test_facts_of_the_files_are_taken_and_options_win_aloud(tmp_path):
    run = vllm_run(tmp_path, "a", gpu="H200", tp="4", precision="fp8")
    assert import_(run, to=tmp_path / "x", instance=False).exit_code == 0
    (row,) = rows(tmp_path / "x", "mixed")
    assert (row["gpu"], row["gpus"], row["parallelism"], row["precision"]) == ("h200-sxm", "4", "tp4", "fp8")
    done = import_(run, "--gpu", "h20", "--gpus", "8", to=tmp_path / "y", instance=False)
    assert "says gpus 4; 8 was taken" in done.stderr
    assert rows(tmp_path / "y", "mixed")[0]["gpu"] == "h20"


@pytest.mark.parametrize(
    ("stated", "shape"),
    [
        ({"tp": "2", "dp": "4"}, ("8", "tp2-dp4", "4")),
        ({"tp": "1", "dp": "8"}, ("8", "dp8", "8")),
        ({"tp": "2", "pp": "2", "dp": "2"}, ("8", "tp2-dp2", "2")),
        ({"tp": "8", "dp": "8", "gpus": "8", "parallelism": "dp8"}, ("8", "dp8", "8")),
        ({"tp": "8", "dp": "8", "gpus": "8"}, ("8", "", "8")),
    ],
)
def test_vllm_data_parallel_ranks_have_gpus_of_their_own(tmp_path, stated, shape):
    run = vllm_run(tmp_path, "a", gpu="H200", **stated)
    assert import_(run, to=tmp_path / "x", instance=False).exit_code == 0
    (row,) = rows(tmp_path / "x", "mixed")
    assert (row["gpus"], row["parallelism"], row["dp"]) == shape


@pytest.mark.parametrize(
    ("server", "shape"),
    [
        ({"tp_size": 8, "dp_size": 8, "enable_dp_attention": True}, ("8", "dp8", "8")),
        ({"tp_size": 4, "dp_size": 2}, ("8", "", "2")),
    ],
)
def test_sglang_attention_ranks_share_the_gpus_and_replicas_do_not(tmp_path, server, shape):
    sample = SAMPLES / "sglang_bench_serving/bench_serving_v0.5.10.post1_mock.jsonl"
    record = json.loads(sample.read_text(encoding="utf-8").splitlines()[0])
    run = tmp_path / "a.jsonl"
    run.write_text(json.dumps({**record, "server_info": server}), encoding="utf-8")
    done = import_(run, "--gpu", "h200-sxm", to=tmp_path / "x", instance=False)
    assert done.exit_code == 0, done.output
    (row,) = rows(tmp_path / "x", "mixed")
    assert (row["gpus"], row["parallelism"], row["dp"]) == shape


def test_more_data_parallel_ranks_than_gpus_are_refused(tmp_path):
    done = import_(VLLM, "--dp", "16", to=tmp_path / "x")
    assert done.exit_code == 2
    assert "dp 16 is more than its gpus, 8" in done.stderr


def test_an_ambiguous_gpu_is_asked_for_and_a_strange_one_noted(tmp_path):
    done = import_(vllm_run(tmp_path, "a", gpu="H100"), "--gpus", "8", to=tmp_path / "x", instance=False)
    assert done.exit_code == 2
    assert "--gpu is needed" in done.stderr
    done = import_(VLLM, "--gpu", "h200", "--gpus", "8", to=tmp_path / "x", instance=False)
    assert "did you mean h200-sxm?" in done.stderr


def test_results_of_two_llms_do_not_go_into_one_folder(tmp_path):
    other = vllm_run(tmp_path, "other", model_id="org/Other-LLM")
    done = import_(VLLM, other, to=tmp_path / "x")
    assert done.exit_code == 2
    assert "mock-model, other-llm" in done.stderr
    same = [vllm_run(tmp_path, "a", model_id="org/Some-LLM"), vllm_run(tmp_path, "b", model_id="/data/some-llm/")]
    assert import_(*same, to=tmp_path / "x").exit_code == 0


def test_a_static_batch_is_no_mixed_run(tmp_path):
    done = import_(BATCHES, "--role", "mixed", to=tmp_path / "x")
    assert done.exit_code == 2
    assert "measures prefill by itself" in done.stderr


@pytest.mark.parametrize("form", ["{}\n{}\n", "[{}, {}]"])
def test_vllm_results_of_several_runs_are_read(tmp_path, form):
    both = [run.read_text(encoding="utf-8") for run in vllm_sweep(tmp_path)[:2]]
    runs = tmp_path / "runs.json"
    runs.write_text(form.format(*both), encoding="utf-8")
    assert import_(runs, to=tmp_path / "x").exit_code == 0
    assert [row["note"] for row in rows(tmp_path / "x", "mixed")] == ["concurrency 1", "concurrency 2"]


@pytest.mark.parametrize("tool", ["vllm bench serve", "sglang bench_serving", "sglang bench_one_batch"])
def test_a_line_cut_off_is_named_and_the_complete_ones_are_taken(tmp_path, tool):
    line = {
        "vllm bench serve": VLLM,
        "sglang bench_serving": SAMPLES / "sglang_bench_serving/bench_serving_v0.5.10.post1_mock.jsonl",
        "sglang bench_one_batch": BATCHES / "bench_one_batch_server_v0.5.10.post1_mock.jsonl",
    }[tool]
    whole = json.dumps(json.loads(line.read_text(encoding="utf-8").splitlines()[0]))
    cut = tmp_path / "cut.jsonl"
    cut.write_text(f"{whole}\n{whole[:-20]}", encoding="utf-8")
    done = import_(cut, to=tmp_path / "x")
    assert done.exit_code == 0
    assert f"{tool}" in done.stdout
    assert "cut.jsonl: line 2 is not complete JSON" in done.stderr
    assert any((tmp_path / "x").iterdir())


# -- merging --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sample",
    [
        "vllm_bench_serve",
        "vllm_bench_sweep",
        "sglang_bench_serving",
        "sglang_bench_one_batch_server",
        "aiperf",
        "genai_perf",
        "guidellm",
        "inference_perf/real_kubecon_na_2025",
        "inference_perf/v0.7.0_mock",
        "dynamo_profiler_npz",
        "inferencex",
    ],
)
def test_importing_twice_changes_nothing(tmp_path, sample):
    assert import_(SAMPLES / sample, to=tmp_path / "x").exit_code == 0
    before = contents(tmp_path / "x")
    again = import_(SAMPLES / sample, to=tmp_path / "x")
    assert again.exit_code == 0
    assert "rows 0 added" in again.stdout
    assert "conflict:" not in again.stderr
    assert contents(tmp_path / "x") == before


@pytest.mark.parametrize("trials", some([5, 20], first=1))
def test_in_whatever_portions_nothing_is_doubled_or_lost(tmp_path, trials):
    """Real lengths differ from run to run; points join the curve that is there, and find themselves again."""
    chance = random.Random(7)
    for trial in range(trials):
        folder = tmp_path / str(trial)
        folder.mkdir()
        files = []
        for i in range(8):
            lengths = {
                "total_input_tokens": 16 * chance.uniform(1000, 1060),
                "total_output_tokens": 16 * chance.uniform(60, 66),
            }
            files.append(vllm_run(folder, f"r{i}", **lengths, request_throughput=1.0 + i))
        chance.shuffle(files)
        for portion in (files[:3], files[3:5], files[5:]):
            import_(*portion, to=folder / "x")
        assert len(rows(folder / "x", "mixed")) == len(files)
        before = contents(folder / "x")
        for portion in (files, files[4:], files[:1]):
            import_(*portion, to=folder / "x")
        assert contents(folder / "x") == before


def test_a_differing_value_is_reported_and_left_unless_replaced(tmp_path):
    import_(VLLM, to=tmp_path / "x")
    before = contents(tmp_path / "x")
    slower = vllm_run(tmp_path, "slower", mean_ttft_ms=150.0)
    done = import_(slower, to=tmp_path / "x")
    assert done.exit_code == 0
    assert "ttft_mean_ms is 111.51, measured 150" in done.stderr
    assert contents(tmp_path / "x") == before
    assert import_(slower, "--replace", to=tmp_path / "x").exit_code == 0
    (row,) = rows(tmp_path / "x", "mixed")
    assert (row["ttft_mean_ms"], row["source"]) == ("150", "vllm bench serve: slower.json")


def test_the_table_is_kept_as_it_was_but_for_the_new_rows(tmp_path):
    """Order of rows and columns, unknown columns, quoting, line ends."""
    folder = tmp_path / "x"
    folder.mkdir()
    old = (
        "input_tokens,output_tokens,requests_per_s,ttft_mean_ms,tpot_mean_ms,gpu,gpus,ticket,source\r\n"
        "2048,64,3.0,200.0,9.50,h200-sxm,8,OPS-2,mine\r\n"
        "1024,64,9,100,9,h200-sxm,8,OPS-1,mine\r\n"
    )
    (folder / "mixed.csv").write_bytes(old.encode())
    assert import_(VLLM, to=folder).exit_code == 0
    text = (folder / "mixed.csv").read_bytes().decode()
    lines = text.split("\r\n")
    assert lines[0].startswith(
        "input_tokens,output_tokens,requests_per_s,ttft_mean_ms,tpot_mean_ms,gpu,gpus,ticket,source,"
    )
    assert lines[1].startswith("2048,64,3.0,200.0,9.50,h200-sxm,8,OPS-2,mine,")
    assert lines[2].startswith("1024,64,9,100,9,h200-sxm,8,OPS-1,mine,")
    assert lines[3].startswith("1278,64,6.07265,111.51,8.13372,h200-sxm,8,,vllm bench serve")


def test_blank_values_are_filled(tmp_path):
    folder = tmp_path / "x"
    folder.mkdir()
    text = "gpu,gpus,engine,input_tokens,output_tokens,requests_per_s,ttft_mean_ms,tpot_mean_ms\n"
    (folder / "mixed.csv").write_text(text + "h200-sxm,8,vllm,1278,64,6.07265,111.51,8.13372\n", encoding="utf-8")
    done = import_(VLLM, to=folder)
    assert "1 completed" in done.stdout
    assert rows(folder, "mixed")[0]["ttft_p99_ms"] == "319.711"


def test_a_faulty_table_is_not_touched(tmp_path):
    folder = tmp_path / "x"
    folder.mkdir()
    (folder / "mixed.csv").write_text("gpu,gpus,input_tokens\nh200-sxm,eight,1\n", encoding="utf-8")
    done = import_(VLLM, to=folder)
    assert done.exit_code == 2
    assert "mixed.csv:2: gpus" in done.stderr
    assert (folder / "mixed.csv").read_text(encoding="utf-8").endswith("h200-sxm,eight,1\n")


def test_a_dry_run_writes_nothing(tmp_path):
    done = import_(VLLM, "--dry-run", to=tmp_path / "x")
    assert done.exit_code == 0
    assert "1 added" in done.stdout
    assert not (tmp_path / "x").exists()


def test_help_and_start_up_load_no_numpy():
    code = "import sys, pdopt.cli.app; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# -- one's own tables -----------------------------------------------------------------------------------------------


def test_a_plain_csv_keeps_what_it_says(tmp_path):
    table = tmp_path / "ours.csv"
    table.write_text(
        "gpu,input_tokens,tokens_per_s,source,kind\n"
        "h100-sxm,1000,20000,lab book 7,computed\n,1010,21000,,\n,eight,1,,\n",
        encoding="utf-8",
    )
    done = import_(table, to=tmp_path / "x")
    assert done.exit_code == 0
    found = rows(tmp_path / "x", "prefill")
    assert [(row["gpu"], row["input_tokens"], row["kind"]) for row in found] == [
        ("h100-sxm", "1000", "computed"),
        ("h200-sxm", "1010", "measured"),
    ]
    assert [row["source"] for row in found] == ["lab book 7", "csv: ours.csv:3"]
    assert "input_tokens: must be a number" in done.stderr


def test_a_plain_csv_with_an_unknown_column_is_refused(tmp_path):
    table = tmp_path / "ours.csv"
    table.write_text("input_tokens,tokens_per_s,gpuss\n1000,20000,8\n", encoding="utf-8")
    done = import_(table, to=tmp_path / "x")
    assert done.exit_code == 2
    assert "gpuss (did you mean gpus" in done.stderr


def test_the_catalogues_own_tables_come_back_as_they_are(tmp_path):
    source = ROOT / "models/llms/deepseek-v3.1"
    done = import_(source, to=tmp_path / "x", instance=False)
    assert done.exit_code == 0
    again = import_(source, to=source, instance=False)
    assert "added" in again.stdout
    assert "rows 0 added" in again.stdout


# -- a new user -----------------------------------------------------------------------------------------------------

FLEET = """
skus: {node: {gpu: h200-sxm, gpus: 8, usd_per_hour: 60}}
models: {mine: {profiles: x}}
workloads:
  chat: {model: mine, input_tokens: 1024, output_tokens: 128, requests_per_second: 50,
         slo: {ttft_mean_ms: 250, tpot_mean_ms: 15}}
"""


def solve(folder: Path) -> dict[str, list[dict[str, object]]]:
    from typer.testing import CliRunner

    (folder / "fleet.yaml").write_text(FLEET, encoding="utf-8")
    done = CliRunner().invoke(app, ["solve", str(folder / "fleet.yaml"), "--json", "--quiet"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_from_vllm_results_to_a_plan(tmp_path):
    """TPOT is 15 ms at 35 in flight, between the runs at 32 and 64; three instances carry 50 requests per second."""
    assert import_(*vllm_sweep(tmp_path), to=tmp_path / "x").exit_code == 0
    plan = solve(tmp_path)
    (pool,) = plan["pools"]
    assert pool["role"] == "mixed"
    at = {c: c / (0.04 + 0.005 * c + 127 * (0.008 + 0.0002 * c)) for c in (32, 64)}
    rate = at[32] + (15 - 14.4) / (20.8 - 14.4) * (at[64] - at[32])
    assert pool["instances"] == math.ceil(50 / rate)


def test_from_prefill_and_decode_sweeps_to_a_disaggregated_plan(tmp_path):
    one = {"total_output_tokens": 40, "completed": 40, "num_prompts": 40, "mean_ttft_ms": 50.0, "max_concurrency": 1}
    prefill = [vllm_run(tmp_path, f"p{n}", **one, total_input_tokens=40 * n) for n in (512, 1024, 2048)]
    assert import_(*prefill, to=tmp_path / "x").exit_code == 0
    assert import_(*vllm_sweep(tmp_path), "--role", "decode", to=tmp_path / "x").exit_code == 0
    assert {pool["role"] for pool in solve(tmp_path)["pools"]} == {"prefill", "decode"}
