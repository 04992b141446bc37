"""How many instances pdopt plans for what a deployment was measured to do."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import yaml

import pdopt
from benchmarks.accuracy.deployments import Measured
from benchmarks.accuracy.predict import Prediction, profiles, workload
from pdopt.fleet.fleet import Fleet, Target
from pdopt.studies.size import size


@dataclass(frozen=True)
class Counts:
    """Instances planned by the paper's formulas, not rounded and rounded up, and what was deployed."""

    measured: Measured
    prefill: float
    decode: float
    whole: tuple[int, int]

    @property
    def gpus(self) -> int:
        """GPUs of the plan."""
        return self.whole[0] * self.measured.prefill.gpus + self.whole[1] * self.measured.decode.gpus


@cache
def fleet_on(gpu: str) -> Fleet:
    """Give an empty fleet with one SKU, read as a user's file is."""
    text = {
        "skus": {"node": {"gpu": gpu, "gpus": 72, "usd_per_hour": 72}},
        "models": {"x": {"prefill": [_row(gpu, tokens_per_s=1)], "decode": [_row(gpu, output_tokens=1, batch=1)]}},
        "workloads": {
            "measured": {
                "model": "x",
                "input_tokens": 1,
                "output_tokens": 1,
                "requests_per_second": 1,
                "slo": {"ttft_mean_ms": 1, "tpot_mean_ms": 1},
            }
        },
    }
    text["models"]["x"]["decode"][0]["tpot_ms"] = 1
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "fleet.yaml"
        file.write_text(yaml.safe_dump(text), encoding="utf-8")
        return pdopt.read_fleet(file)


def _row(gpu: str, **fields: object) -> dict[str, object]:
    return {"gpu": gpu, "gpus": 1, "input_tokens": 1, **fields}


def planned(prediction: Prediction, factor: float = 1.0) -> Counts | None:
    """Size a deployment for its measured throughput within `factor` times its measured TTFT and TPOT.

    None where a target is below what the profiles attain.
    """
    d = prediction.measured
    targets = (Target("ttft", "mean", factor * d.ttft_s), Target("tpot", "mean", factor * d.tpot_s))
    found = profiles(d)
    empty = fleet_on(d.gpu)
    llm = replace(empty.llms["x"], name=d.llm, prefill=(found.prefill,), decode=(found.decode,))
    load = workload(d, cv2=1.0, targets=targets)
    sizing = size(replace(empty, llms={d.llm: llm}, workloads={load.name: load}), load.name)
    if not sizing.pairs:
        return None
    pair = sizing.pairs[0]
    whole = (pair.prefill.whole_instances, pair.decode.whole_instances)
    return Counts(d, pair.prefill.instances, pair.decode.instances, whole)
