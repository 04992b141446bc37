"""``pdopt trace`` as a user meets it."""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import pdopt
from pdopt.cli.app import app

DATA = Path(__file__).parents[1] / "data/traces"
CONV = str(DATA / "azure2023_conv.csv.gz")
MOONCAKE = str(DATA / "mooncake_conversation.jsonl.gz")
TARGETS = ("--ttft-ms", "2000", "--tpot-ms", "50")
FLEET = """\
skus:
  node: {gpu: h200-sxm, gpus: 8, usd_per_hour: 63.3}
models:
  llama:
    prefill:
      - {gpu: h200-sxm, gpus: 8, input_tokens: 100, tokens_per_s: 20000}
      - {gpu: h200-sxm, gpus: 8, input_tokens: 9000, tokens_per_s: 28309}
    decode:
      - {gpu: h200-sxm, gpus: 8, input_tokens: 100, output_tokens: 10, batch: 60, tpot_ms: 20}
      - {gpu: h200-sxm, gpus: 8, input_tokens: 9000, output_tokens: 10, batch: 60, tpot_ms: 30}
"""


def trace_(*words: str) -> Any:
    return CliRunner().invoke(app, ["trace", *words])


def test_summary_in_words() -> None:
    said = trace_("summarize", CONV).stdout
    for words in ("3,000 requests", "2023-11-16 18:15:46 UTC", "busiest minute", "squared CV", "Poisson 1"):
        assert words in said
    assert "clock ticks every 3 s" in trace_("summarize", MOONCAKE).stdout


def test_summary_in_json_is_strict() -> None:
    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    for file in (CONV, MOONCAKE):
        summary = json.loads(trace_("summarize", file, "--json").stdout, parse_constant=refuse)
        assert {"requests", "rates_rps", "gap_cv", "input_tokens", "refusals", "cache"} <= summary.keys()


def test_workloads_in_json_hold_full_precision() -> None:
    answer = json.loads(trace_("workloads", CONV, "--model", "m", "--classes", "3", *TARGETS, "--json").stdout)
    assert sum(known["share"] * known["requests"] / known["share"] for known in answer["classes"]) == 3000
    assert sum(known["requests_per_second"] for known in answer["classes"]) == pytest.approx(answer["rate_rps"])
    assert answer["slo"] == {"ttft_mean_ms": 2000, "tpot_mean_ms": 50}


def test_from_a_trace_to_a_plan(tmp_path: Path) -> None:
    fleet, planned = tmp_path / "fleet.yaml", tmp_path / "planned.yaml"
    fleet.write_text(FLEET)
    words = ["workloads", CONV, "--model", "llama", *TARGETS, "--rate", "peak-minute"]
    made = trace_(*words, "--into", str(fleet), "-o", str(planned))
    assert made.exit_code == 0
    assert fleet.read_text() == FLEET
    plan = json.loads(CliRunner().invoke(app, ["solve", str(planned), "--json"]).stdout)
    assert plan["status"] == "optimal"
    answer = json.loads(trace_(*words, "--json").stdout)
    assert sum(known["demand_rps"] for known in plan["workloads"]) == pytest.approx(answer["rate_rps"], rel=1e-5)
    again = trace_(*words, "--into", str(fleet), "-o", str(planned))
    assert (again.exit_code, again.stdout) == (2, "")
    assert "--force" in again.stderr
    assert trace_(*words, "--into", str(fleet), "-o", str(planned), "--force").exit_code == 0


def test_the_guide_leads_from_a_trace_to_a_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[2] / "docs/traces.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"<!-- (\w+) -->\n```\w*\n(.*?)```", page, re.DOTALL))
    monkeypatch.chdir(tmp_path)
    Path("fleet.yaml").write_text(blocks["fleet"])
    Path("requests.csv").write_bytes(gzip.decompress(Path(CONV).read_bytes()))
    commands = [shlex.split(line)[1:] for line in blocks["commands"].splitlines()]
    assert len(commands) == 3
    for words in commands:
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0
    assert "the cheapest plan, proven" in result.stdout


def test_notes_tell_that_the_mean_is_not_the_peak_unless_quiet() -> None:
    words = ("workloads", CONV, "--model", "m", *TARGETS)
    assert "--rate peak-minute plans for it" in trace_(*words).stderr
    assert not trace_(*words, "--quiet").stderr
    assert "plans for it" not in trace_(*words, "--rate", "peak-minute").stderr


@pytest.mark.parametrize(
    "words",
    [
        ["summarize", "nowhere.csv"],
        ["summarize", str(DATA)],
        ["summarize", str(DATA / "README.md")],
        ["workloads", CONV],
        ["workloads", CONV, "--model", "m"],
        ["workloads", CONV, "--model", "m", "--ttft-ms", "2000"],
        ["workloads", CONV, "--model", "m", "--ttft-ms", "0", "--tpot-ms", "5"],
        ["workloads", CONV, "--model", "m", "--slo", "ttft=5", "--slo", "tpot_mean_ms=5"],
        ["workloads", CONV, "--model", "m", *TARGETS, "--classes", "0"],
        ["workloads", CONV, "--model", "m", *TARGETS, "--classes", "many"],
        ["workloads", CONV, "--model", "m", *TARGETS, "--rate", "max"],
        ["workloads", CONV, "--model", "m", *TARGETS, "--replace"],
        ["workloads", CONV, "--model", "m", *TARGETS, "--into", "nowhere.yaml"],
        ["workloads", CONV, "--model", "m", *TARGETS, "-o", "no/such/folder/f.yaml"],
        ["workloads", CONV, "--model", "m", *TARGETS, "-o", str(DATA / "README.md")],
    ],
    ids=lambda words: " ".join(Path(word).name for word in words),
)
def test_bad_input_exits_2_with_words_on_standard_error(words: list[str]) -> None:
    result = trace_(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr
    assert "Traceback" not in result.output


def test_empty_trace_exits_2(tmp_path: Path) -> None:
    file = tmp_path / "empty.csv"
    file.write_text("")
    result = trace_("summarize", str(file))
    assert result.exit_code == 2
    assert "is empty" in result.stderr


def test_percentile_targets() -> None:
    words = ("--slo", "ttft_p95_ms=2000,tpot_p99_ms=50")
    said = trace_("workloads", CONV, "--model", "m", "--classes", "1", *words).stdout
    assert "slo: {ttft_p95_ms: 2000, tpot_p99_ms: 50}" in said


def test_without_polars_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("pdopt.traces")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "polars", None)
    result = trace_("summarize", CONV)
    assert result.exit_code == 2
    assert "pip install 'pdopt[trace]'" in result.stderr


def test_help_does_not_wait_for_polars() -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(pdopt.__file__).parents[1])}
    code = "import sys, pdopt.cli.app; sys.exit(any(m in sys.modules for m in ('polars', 'numpy', 'scipy', 'pyomo')))"
    began = time.perf_counter()
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
    assert time.perf_counter() - began < 5
