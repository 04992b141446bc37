"""What each importer reads from its samples, against numbers read by hand."""

from __future__ import annotations

import json

import pytest

from pdopt.catalogue.importers import importer_of, importers
from pdopt.catalogue.measured.measurement import Facts, Measurement, Unreadable
from tests.importers.bench import SAMPLES

KUBECON = "inference_perf/real_kubecon_na_2025/vllm+batch_size"
DYNAMO = "dynamo_profiler_npz/H200_TP1P_TP1D"
BATCHES = "sglang_bench_one_batch_server"
DETECTED = {
    "vllm_bench_serve/bench_serve_v0.33.0_mock.json": "vllm bench serve",
    "vllm_bench_serve/bench_serve_v0.33.0_detailed_rate_goodput_mock.json": "vllm bench serve",
    "vllm_bench_sweep/v0.33.0_mock_experiment": "vllm bench sweep",
    "vllm_bench_sweep/v0.33.0_mock_experiment/summary.csv": "vllm bench sweep",
    "sglang_bench_serving/bench_serving_v0.5.10.post1_mock.jsonl": "sglang bench_serving",
    "sglang_bench_serving/bench_serving_v0.5.10.post1_output_details_mock.jsonl": "sglang bench_serving",
    f"{BATCHES}/bench_one_batch_server_old_REAL.jsonl": "sglang bench_one_batch",
    f"{BATCHES}/bench_one_batch_server_pydantic.json": "sglang bench_one_batch",
    f"{BATCHES}/bench_one_batch_server_v0.5.10.post1_mock.jsonl": "sglang bench_one_batch",
    "aiperf/profile_export_aiperf.json": "aiperf",
    "aiperf/profile_export_aiperf.csv": "aiperf",
    "genai_perf/profile_export_genai_perf.json": "genai-perf",
    "genai_perf/profile_export_genai_perf.csv": "genai-perf",
    "guidellm/benchmarks_v0.8.1_mock_trimmed.json": "guidellm",
    "guidellm/benchmarks_v0.8.1_mock.csv": "guidellm",
    "evalscope_perf/v1.4.2/parallel_4_number_16/benchmark_summary.json": "evalscope perf",
    KUBECON: "inference-perf",
    f"{KUBECON}/stage_3_lifecycle_metrics.json": "inference-perf",
    "inference_perf/v0.7.0_mock/stage_0_lifecycle_metrics.json": "inference-perf",
    DYNAMO: "dynamo profiler",
    f"{DYNAMO}/selected_prefill_interpolation/raw_data.npz": "dynamo profiler",
    "inferencex/glm5_fp8_vllm_tp8_isl4096_osl128_conc4.REAL.json": "inferencex",
}
NOT_RESULTS = {
    "aiperf/server_metrics_export.csv",
    f"{KUBECON}/summary_lifecycle_metrics.json",
    f"{KUBECON}/stage_3_prometheus_metrics.json",
    "inference_perf/v0.7.0_mock/validation.json",
    "evalscope_perf/v1.4.2/parallel_4_number_16/benchmark_args.json",
    "evalscope_perf/v1.4.2/parallel_4_number_16/benchmark_percentile.json",
}


def read(sample: str) -> list[Measurement]:
    importer = importer_of(SAMPLES / sample)
    assert importer is not None
    return importer.read(SAMPLES / sample)


@pytest.mark.parametrize(("sample", "tool"), DETECTED.items())
def test_samples_are_detected(sample, tool):
    found = importer_of(SAMPLES / sample)
    assert found is not None
    assert tool == found.NAME


@pytest.mark.parametrize("sample", sorted(NOT_RESULTS))
def test_side_files_are_not_taken_for_results(sample):
    assert importer_of(SAMPLES / sample) is None


def test_no_sample_is_claimed_twice_and_every_tool_has_one():
    paths = list(SAMPLES.rglob("*"))
    names = {found.NAME for found in map(importer_of, paths) if found is not None}
    assert names | {"csv"} == {importer.NAME for importer in importers()}


def test_vllm_bench_serve():
    (run,) = read("vllm_bench_serve/bench_serve_v0.33.0_mock.json")
    assert (run.model, run.completed, run.failed) == ("mock-model", 16, 0)
    assert run.isl == 20450 / 16
    assert run.osl == 64
    assert (run.concurrency, run.rate_rps) == (4, None)
    assert run.request_rps == pytest.approx(6.07265, rel=1e-6)
    assert (run.ttft.mean, run.ttft.p90) == pytest.approx((0.1115103, 0.2140038), rel=1e-6)
    assert (run.tpot.mean, run.tpot.p50, run.tpot.p95) == (
        pytest.approx(0.00813372, rel=1e-5),
        pytest.approx(0.00816034, rel=1e-5),
        None,
    )
    assert run.facts == Facts(engine="vllm", date="2026-11-23")


def test_vllm_bench_serve_detailed_with_metadata():
    (run,) = read("vllm_bench_serve/bench_serve_v0.33.0_detailed_rate_goodput_mock.json")
    assert (run.rate_rps, run.concurrency) == (5, None)
    assert run.isl == (529 + 403 + 297 + 360) / 4
    assert run.input_cv == pytest.approx(0.2137, abs=1e-4)
    assert (run.facts.gpu, run.facts.gpus, run.facts.parallelism) == ("H200", 8, "tp8")


def test_vllm_bench_sweep_reads_runs_not_summaries():
    runs = read("vllm_bench_sweep/v0.33.0_mock_experiment")
    assert [run.concurrency for run in runs] == [1, 1, 4, 4]
    assert [round(run.request_rps or 0, 3) for run in runs] == [5.612, 5.502, 14.115, 14.209]
    summary = read("vllm_bench_sweep/v0.33.0_mock_experiment/summary.csv")
    assert [run.request_rps for run in summary] == [run.request_rps for run in runs]


def test_sglang_bench_serving():
    (run,) = read("sglang_bench_serving/bench_serving_v0.5.10.post1_mock.jsonl")
    assert (run.tool_version, run.concurrency, run.rate_rps) == ("0.5.10.post1", 4, None)
    assert (run.isl, run.osl, run.input_cv) == (1024, 64, 0)
    assert run.ttft.mean == pytest.approx(0.11032187, rel=1e-6)
    assert run.facts == Facts(gpus=8, parallelism="tp8", engine="sglang", engine_version="0.5.10.post1")


def test_sglang_one_batch_splits_the_phases():
    prefill, decode, *_ = read(f"{BATCHES}/bench_one_batch_server_pydantic.json")
    assert (prefill.phase, prefill.isl, prefill.concurrency) == ("prefill", 512, 1)
    assert prefill.ttft.mean == pytest.approx(0.0446181650)
    assert decode.tpot.mean == pytest.approx((0.16488641 - 0.04461817) / 15, rel=1e-6)
    with pytest.raises(Unreadable, match="TTFT"):
        read(f"{BATCHES}/bench_one_batch_server_old_REAL.jsonl")


def test_sglang_one_batch_without_a_server(tmp_path):
    """The schema of sglang.bench_one_batch: prefill latency, and the median decode step."""
    line = {"run_name": "x", "batch_size": 8, "input_len": 256, "output_len": 32, "prefill_latency": 0.05}
    file = tmp_path / "result.jsonl"
    file.write_text(json.dumps({**line, "median_decode_latency": 0.01}) + "\n", encoding="utf-8")
    importer = importer_of(file)
    assert importer is not None
    prefill, decode = importer.read(file)
    assert prefill.ttft.mean == 0.05
    assert (decode.tpot.mean, decode.concurrency, decode.output_tps) == (0.01, 8, 800)


@pytest.mark.parametrize("suffix", ["json", "csv"])
def test_aiperf(suffix):
    (run,) = read(f"aiperf/profile_export_aiperf.{suffix}")
    assert (run.isl, run.osl, run.concurrency, run.completed, run.failed) == (1024, 64, 4, 24, 0)
    assert run.request_rps == pytest.approx(7.0994, rel=1e-3)
    assert (run.ttft.mean, run.ttft.p95) == pytest.approx((0.053156, 0.113177), rel=1e-3)
    assert run.tpot.mean == pytest.approx(0.0078325, rel=1e-3)
    assert any("573.9" in note for note in run.notes)


def test_aiperf_json_says_more():
    (run,) = read("aiperf/profile_export_aiperf.json")
    assert (run.tool_version, run.model, run.facts.date) == ("0.13.0", "mock-model", "2026-11-23")


@pytest.mark.parametrize(("suffix", "concurrency"), [("json", 2), ("csv", 1)])
def test_genai_perf(suffix, concurrency):
    (run,) = read(f"genai_perf/profile_export_genai_perf.{suffix}")
    assert (run.isl, run.osl, run.concurrency, run.completed) == (512, 32, concurrency, 8)
    assert (run.ttft.p99, run.tpot.p50) == pytest.approx((0.044472, 0.0074881), rel=1e-3)


@pytest.mark.parametrize("name", ["_trimmed.json", ".csv"])
def test_guidellm_takes_the_latency_between_tokens(name):
    one, four = read(f"guidellm/benchmarks_v0.8.1_mock{name}")
    assert (one.tool_version, one.model, one.concurrency, four.concurrency) == ("0.8.1", "mock-model", 1, 4)
    assert (one.isl, one.osl) == (pytest.approx(294.1667, rel=1e-6), 32)
    assert one.tpot.mean == pytest.approx(0.009304786)
    assert (one.ttft.p50, one.ttft.p90) == pytest.approx((0.032267809, 0.043044090))
    assert one.request_rps == pytest.approx(12 / 3.982865571975708)
    assert one.facts.date == "2026-11-23"


def test_guidellm_metadata_version_1(tmp_path):
    """Before version 2 the strategy stood under ``args``."""
    report = json.loads((SAMPLES / "guidellm/benchmarks_v0.8.1_mock_trimmed.json").read_text(encoding="utf-8"))
    report["metadata"]["version"] = 1
    report["args"] = {"model": "mock-model"}
    for benchmark in report["benchmarks"]:
        benchmark["args"] = {"strategy": benchmark.pop("config")["strategy"]}
    file = tmp_path / "benchmarks.json"
    file.write_text(json.dumps(report), encoding="utf-8")
    importer = importer_of(file)
    assert importer is not None
    assert [(run.concurrency, run.model) for run in importer.read(file)] == [(1, "mock-model"), (4, "mock-model")]


def test_evalscope_in_seconds():
    (run,) = read("evalscope_perf/v1.4.2/parallel_4_number_16/benchmark_summary.json")
    assert (run.concurrency, run.rate_rps, run.completed, run.model) == (4, None, 16, "mock-model")
    assert (run.ttft.mean, run.ttft.p99, run.tpot.mean) == (0.1209, 0.3361, 0.0084)
    assert run.isl == 1382.1875
    assert run.input_cv == pytest.approx((1809 - 792) / 2.56 / 1392)


@pytest.mark.parametrize("prefix", ["", "Avg "])
def test_evalscope_in_milliseconds(tmp_path, prefix):
    """Key names of the newer versions; the values are those of the sample."""
    summary = {
        "Test Duration (s)": 2.7259,
        "Concurrency": 4,
        "Request Rate (req/s)": -1,
        "Success Requests": 16,
        "Failed Requests": 0,
        "Req Throughput (req/s)": 5.8696,
        "Avg Input Tokens": 1382.1875,
        "Output Throughput (tok/s)": 375.6533,
        f"{prefix}TTFT (ms)": 120.9,
        f"{prefix}TPOT (ms)": 8.4,
        "Avg Output Tokens": 64.0,
    }
    percentiles = [{"Percentiles": "99%", "TTFT (ms)": 336.1, "TPOT (ms)": 8.5}]
    file = tmp_path / "benchmark_summary.json"
    file.write_text(json.dumps(summary), encoding="utf-8")
    (tmp_path / "benchmark_percentile.json").write_text(json.dumps(percentiles), encoding="utf-8")
    importer = importer_of(file)
    assert importer is not None
    (run,) = importer.read(file)
    assert (run.ttft.mean, run.ttft.p99, run.tpot.mean) == pytest.approx((0.1209, 0.3361, 0.0084))
    assert (run.request_rps, run.osl, run.completed, run.output_tps) == (5.8696, 64, 16, 375.6533)


def test_an_unknown_unit_is_refused(tmp_path):
    text = (SAMPLES / "aiperf/profile_export_aiperf.json").read_text(encoding="utf-8")
    file = tmp_path / "profile_export_aiperf.json"
    file.write_text(text.replace('"unit": "ms"', '"unit": "minutes"'), encoding="utf-8")
    importer = importer_of(file)
    assert importer is not None
    with pytest.raises(Unreadable, match="minutes"):
        importer.read(file)


def test_inference_perf_recomputes_tpot_where_it_is_halved():
    runs = read(KUBECON)
    assert [run.rate_rps for run in runs] == [1.0, 37.97, 74.94, 111.92, 148.89, 185.86, 222.83]
    assert runs[3].tpot.mean == pytest.approx((1.6979482656 - 0.1462338554) / (62.8002978 - 1), rel=1e-6)
    assert runs[3].tpot.p99 is None
    assert runs[3].ttft.p99 == pytest.approx(0.3974601)
    assert runs[3].model == "meta-llama/Meta-Llama-3-8B-Instruct"


def test_inference_perf_keeps_percentiles_where_they_agree():
    (run,) = read("inference_perf/v0.7.0_mock/stage_0_lifecycle_metrics.json")
    assert run.isl == 634.35
    assert run.tpot.mean == pytest.approx(0.00780856, rel=1e-5)
    assert run.tpot.p99 == pytest.approx(0.00886076, rel=1e-5)


def test_dynamo_profiler():
    points = read(DYNAMO)
    prefill = [point for point in points if point.phase == "prefill"]
    decode = [point for point in points if point.phase == "decode"]
    assert (len(prefill), len(decode)) == (17, 41)
    assert prefill[0].isl == 100
    assert prefill[0].ttft.mean == pytest.approx(0.019525209)
    second = decode[1]
    assert (second.isl, second.osl, round(second.concurrency or 0)) == (100, 500, 263)
    assert second.given == {"kv_tokens": "945029"}


def test_inferencex_in_seconds():
    (run,) = read("inferencex/glm5_fp8_vllm_tp8_isl4096_osl128_conc4.REAL.json")
    assert (run.model, run.isl, run.osl, run.concurrency) == ("zai-org/GLM-5-FP8", 4096, 128, 4)
    assert run.ttft.mean is None
    assert (run.ttft.p50, run.tpot.p99) == pytest.approx((0.5671824, 0.0433640), rel=1e-5)
    assert run.facts.date == "2026-02-13"


def test_inferencex_aggregated(tmp_path):
    """Made after InferenceX's process_result.py: rates per GPU, latencies in seconds, lengths nominal."""
    record = {
        "hw": "h200", "tp": 8, "ep": 1, "dp_attention": "false", "conc": 64, "model": "org/some-llm",
        "framework": "sglang", "precision": "fp8", "isl": 1024, "osl": 1000, "tput_per_gpu": 300.0,
        "output_tput_per_gpu": 180.0, "input_tput_per_gpu": 120.0, "mean_ttft": 0.5, "p99_ttft": 2.0,
        "mean_tpot": 0.03, "p99_tpot": 0.05,
    }  # fmt: skip
    file = tmp_path / "agg_x.json"
    file.write_text(json.dumps(record), encoding="utf-8")
    importer = importer_of(file)
    assert importer is not None
    (run,) = importer.read(file)
    assert (run.isl, run.osl, run.request_rps) == pytest.approx((921.6, 900, 1.6))
    assert run.facts == Facts(gpu="h200", gpus=8, parallelism="tp8", engine="sglang", precision="fp8")
