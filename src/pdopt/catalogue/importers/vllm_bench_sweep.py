"""``vllm bench sweep serve``: a folder of runs (BENCH--…/run=N.json), or its summary.json or summary.csv."""

from __future__ import annotations

import csv
from pathlib import Path

from pdopt.catalogue.importers import vllm_bench_serve
from pdopt.catalogue.measured.measurement import Measurement
from pdopt.catalogue.measured.parsing import beside, has, read_json

NAME = "vllm bench sweep"


def detects(path: Path, head: str) -> bool:
    """Whether this is a sweep's folder, the folder of one combination, or a summary."""
    if path.is_dir():
        return any(path.glob("*BENCH--*/run=*.json")) or any(path.glob("run=*.json"))
    if head.lstrip().startswith("["):
        return has(head, "backend", "model_id", "num_prompts", "run_number")
    return {"backend", "model_id", "num_prompts", "run_number"} <= set(head.partition("\n")[0].split(","))


def read(path: Path) -> list[Measurement]:
    """Give every run; of a folder, the runs themselves rather than the summaries of the same."""
    if path.is_dir():
        files = sorted(path.rglob("run=*.json"))
        return [vllm_bench_serve.measurement(read_json(file), beside(file), NAME) for file in files]
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as stream:
            records = list(csv.DictReader(stream))
    else:
        records = read_json(path)
    return [vllm_bench_serve.measurement(record, beside(path), NAME) for record in records]
