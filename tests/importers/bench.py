"""Where the samples are, results made from them, and the command."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from pdopt.cli.app import app

SAMPLES = Path(__file__).parents[1] / "data" / "bench_samples"
VLLM = SAMPLES / "vllm_bench_serve/bench_serve_v0.33.0_mock.json"
INSTANCE = ["--gpu", "h200-sxm", "--gpus", "8"]


def import_(*words: str | Path, to: Path, instance: bool = True) -> Any:
    options = INSTANCE if instance else []
    return CliRunner().invoke(app, ["profile", "import", *map(str, words), "--to", str(to), *options])


def rows(folder: Path, role: str) -> list[dict[str, str]]:
    with (folder / f"{role}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def vllm_run(folder: Path, name: str, **changes: Any) -> Path:
    """A result with the layout of the sample and other values."""
    record = {**json.loads(VLLM.read_text(encoding="utf-8")), **changes}
    file = folder / f"{name}.json"
    file.write_text(json.dumps(record), encoding="utf-8")
    return file


def vllm_sweep(folder: Path, isl: int = 1024, osl: int = 128, **changes: Any) -> list[Path]:
    """A concurrency sweep of an instance whose TPOT is 8 ms and 0.2 ms per request in flight, TTFT 40 ms and 5 ms."""
    files = []
    for c in (1, 2, 4, 8, 16, 32, 64):
        tpot_ms, ttft_ms, done = 8 + 0.2 * c, 40 + 5 * c, 10 * c
        rate = c / (ttft_ms / 1e3 + (osl - 1) * tpot_ms / 1e3)
        stated = {
            "max_concurrency": c,
            "num_prompts": done,
            "completed": done,
            "duration": done / rate,
            "total_input_tokens": isl * done,
            "total_output_tokens": osl * done,
            "request_throughput": rate,
            "output_throughput": rate * osl,
            "total_token_throughput": rate * (isl + osl),
        }
        for statistic, factor in (("mean", 1.0), ("median", 0.95), ("p50", 0.95), ("p90", 1.2), ("p99", 1.5)):
            stated |= {f"{statistic}_ttft_ms": ttft_ms * factor, f"{statistic}_tpot_ms": tpot_ms * factor}
        files.append(vllm_run(folder, f"c{c}", **{**stated, **changes}))
    return files
