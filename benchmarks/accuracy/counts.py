"""How many instances pdopt plans for what a deployment was measured to do."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from functools import cache
from math import ceil
from pathlib import Path

import yaml
from benchmarks.accuracy.closed_loop import DecodePool
from benchmarks.accuracy.deployments import Measured
from benchmarks.accuracy.errors import Estimate
from benchmarks.accuracy.predict import Prediction, profiles, workload

import pdopt
from pdopt.capacity.decode import batch_curve
from pdopt.capacity.prefill import service_s
from pdopt.fleet.fleet import Fleet, Target
from pdopt.studies.size import size


@dataclass(frozen=True)
class Counts:
    """Instances that a deployment takes, not rounded and rounded up, and what was deployed."""

    measured: Measured
    prefill: float
    decode: float
    whole: tuple[int, int]

    @property
    def deployed(self) -> tuple[int, int]:
        """What was deployed."""
        return self.measured.prefill_instances, self.measured.decode_instances

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


def asked_by_aiconfigurator(prediction: Prediction, estimate: Estimate) -> Counts:
    """Count the workers that AIConfigurator's own rates ask for, at the deployed batch and its shares of the most.

    The shares are those of ``aiconfigurator`` 0.12.0 (sdk/picking.py): 0.9 of prefill, 0.92 of decode.
    """
    d = prediction.measured
    prefill = d.throughput_rps / (0.9 * estimate.prefill_rps)
    decode = d.throughput_rps / (0.92 * estimate.decode_rps)
    return Counts(d, prefill, decode, (ceil(prefill), ceil(decode)))


def at_deployed_batch(prediction: Prediction) -> Counts:
    """Count what pdopt's profiles ask for in AIConfigurator's way: prefill kept busy, decode at the deployed batch."""
    d, found, load = prediction.measured, profiles(prediction.measured), workload(prediction.measured)
    pool = DecodePool(batch_curve(found.decode, load), d.decode_instances, d.output_tokens - 1)
    batch = d.concurrency / d.decode_instances
    prefill = d.throughput_rps * service_s(found.prefill, load) / d.prefill.dp
    decode = d.throughput_rps * pool.tokens * pool.tpot_s(batch) / batch
    return Counts(d, prefill, decode, (ceil(prefill), ceil(decode)))
