"""The cases: fleets of instances/realistic, what is varied, and what others plan for them."""

from __future__ import annotations

import tempfile
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

import pdopt
from pdopt.fleet.fleet import Fleet

HERE = Path(__file__).parent
FLEETS = HERE.parents[1] / "instances" / "realistic"

PAPER = "split + steady"
RECOMMENDED = "pooled + open, own cv²"
WITH_MARGINS = "split + steady, margins 10 %"
ASSUMPTIONS: dict[str, dict[str, object]] = {
    PAPER: {"dispatch": "split", "decode_load": "steady", "prefill_service_cv2": 1},
    "split + open": {"dispatch": "split", "decode_load": "open", "prefill_service_cv2": 1},
    "pooled + steady": {"dispatch": "pooled", "decode_load": "steady", "prefill_service_cv2": 1},
    "pooled + open": {"dispatch": "pooled", "decode_load": "open", "prefill_service_cv2": 1},
    RECOMMENDED: {"dispatch": "pooled", "decode_load": "open"},  # prefill_service_cv2 is the fleet's
}
ASSUMPTIONS[WITH_MARGINS] = ASSUMPTIONS[PAPER]
MARGINS = {WITH_MARGINS: {"prefill": 0.1, "decode": 0.1}}
STATISTICS = ("mean", "p99")
WITH_STEPS = (PAPER, RECOMMENDED)  # what is asked of the profiles with steps, as p99: the others would say little new
FAR_MS = 1e7  # a target that binds nothing, so that the plan tells the number


@dataclass(frozen=True)
class Case:
    """One fleet with one workload.

    Attributes
    ----------
    fleet : str
        File under instances/realistic.
    hf_id : str
        The LLM as AISimulate knows it.
    requests, seeds : int, tuple
        Poisson arrivals of one replay, and the replays.
    others : dict
        Who or what → a deployment in words, on the fleet's first GPU type.
    best_known : int or None
        GPUs of the smallest deployment known to hold at p99.
    companion : str
        What a group is replayed with where its role has several: their other role, at the same load for each.
    statistics : tuple
        What its targets are taken as.
    lengths_cv : float
        Coefficient of variation of input and output lengths (log-normal); 0 is fixed lengths.
    """

    name: str
    fleet: str
    hf_id: str
    requests: int
    seeds: tuple[int, ...]
    others: dict[str, str]
    best_known: int | None = None
    companion: str = ""
    lengths_cv: float = 0.0
    profiles: tuple[str, ...] = ("catalogue",)
    statistics: tuple[str, ...] = STATISTICS

    @property
    def stated(self) -> dict[str, Any]:
        """The fleet file as it stands."""
        return deepcopy(_file(self.fleet))

    @property
    def workload(self) -> dict[str, Any]:
        """Its one workload."""
        (workload,) = self.stated["workloads"].values()
        return dict(workload)

    @property
    def targets_ms(self) -> dict[str, float]:
        """TTFT and TPOT in milliseconds."""
        return {key.split("_")[0]: float(value) for key, value in self.workload["slo"].items()}

    def asked(self, assumptions: str, statistic: str, profile: str = "catalogue") -> Fleet:
        """Give the fleet under other assumptions, with its targets as means or percentiles."""
        stated = self.stated
        stated["assumptions"] = {**stated.get("assumptions", {}), **ASSUMPTIONS[assumptions]}
        stated["margins"] = MARGINS.get(assumptions, {})
        (workload,) = stated["workloads"].values()
        workload["slo"] = {f"{metric}_{statistic}_ms": ms for metric, ms in self.targets_ms.items()}
        for other in STATISTICS:
            workload["slo"] |= {f"{m}_{other}_ms": FAR_MS for m in self.targets_ms if other != statistic}
        if profile != "catalogue":
            (model,) = stated["models"].values()
            model["profiles"] = str(HERE / "profiles" / profile)
        return _read(stated)


@cache
def _file(fleet: str) -> dict[str, Any]:
    return dict(yaml.safe_load((FLEETS / fleet).read_text(encoding="utf-8")))


def _read(stated: dict[str, Any]) -> Fleet:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "fleet.yaml"
        file.write_text(yaml.safe_dump(stated), encoding="utf-8")
        return pdopt.read_fleet(file)


FINE = "qwen3-32b-fp8-h200"
CASES = (
    Case(
        "Qwen3-32B-FP8, 6144/512",
        "qwen3-32b-fp8-h200-sglang.yaml",
        "Qwen/Qwen3-32B-FP8",
        3000,
        (1, 2, 3),
        {
            "plain formulas on the same curves": "7P tp1 + 2D tp2",
            "10 GPUs": "6P tp1 + 2D tp2",
            "11 GPUs": "5P tp1 + 3D tp2",
        },
        12,
        "7P tp1 + 3D tp2",
        profiles=("catalogue", FINE),
    ),
    Case(
        "Qwen3-32B-FP8, 4000/1000",
        "qwen3-32b-fp8-h200-trtllm.yaml",
        "Qwen/Qwen3-32B-FP8",
        6000,
        (1, 2),
        {
            "aiconfigurator recommend": "20P tp1 + 10D tp2",
            "one prefill instance fewer": "13P tp1 + 9D tp2",
            "one decode instance fewer": "16P tp1 + 8D tp2",
        },
        32,
        "16P tp1 + 10D tp2",
        profiles=("catalogue", FINE),
        statistics=("p99",),
    ),
    Case(
        "Qwen3-32B-FP8, varying lengths",
        "qwen3-32b-fp8-h100-chat.yaml",
        "Qwen/Qwen3-32B-FP8",
        4000,
        (1, 2),
        {"one prefill instance more": "6P tp1 + 3D tp1", "two more": "7P tp1 + 3D tp1"},
        companion="5P tp1 + 4D tp1",
        lengths_cv=1.0,
    ),
    Case(
        "Qwen3-235B-A22B-FP8, attention in parallel",
        "qwen3-235b-h200-trtllm.yaml",
        "Qwen/Qwen3-235B-A22B-FP8",
        3000,
        (1, 2),
        {},
        companion="6P tp2-ep2 + 2D dp4-ep4",
    ),
)
