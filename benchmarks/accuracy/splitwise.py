"""The A100 and H100 designs of Splitwise (ISCA 2024): their split of a budget into P and D, and pdopt's.

Each design spends the power, or the money, of 40 DGX-H100 on BLOOM-176B under Azure's conversations of 2023. Targets
are Splitwise's: slowdowns against an idle A100 machine. Like its simulator (performance_model.py: time per token from
the batch alone), decode is taken to cost the same at every context: it was measured at 512/128 tokens only.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import yaml
from benchmarks.accuracy.deployments import HERE

import pdopt
from pdopt.capacity.prefill import service_s
from pdopt.fleet.fleet import Fleet, Target
from pdopt.studies.size import size

INPUT_TOKENS, OUTPUT_TOKENS = 1155, 211  # means of AzureLLMInferenceTrace_conv.csv (CC-BY-4.0)
SLOWDOWNS = {  # notebooks/plots.ipynb of splitwise-sim: slowdown allowed at each percentile
    "ttft": {"p50": 2.0, "p90": 3.0, "p99": 6.0},
    "tpot": {"p50": 1.25, "p90": 1.5, "p99": 5.0},
}
# notebooks/utils.py of splitwise-sim, per machine: power in a unit of its own, dollars per hour of one GPU
POWER = {"a100-sxm": 24.8, "h100-sxm": 44.0, "h100-sxm-capped": 30.8}
COST = {"a100-sxm": 2.21, "h100-sxm": 4.76, "h100-sxm-capped": 4.76}
BUDGETS = {"power": (POWER, 40 * POWER["h100-sxm"]), "cost": (COST, 40 * COST["h100-sxm"])}


@dataclass(frozen=True)
class Design:
    """One published design: a GPU per role and how many machines of each."""

    budget: str
    name: str
    prefill_gpu: str
    decode_gpu: str
    counts: tuple[int, int]


@dataclass(frozen=True)
class Split:
    """Machines per role and the requests per second that both roles carry."""

    counts: tuple[int, int]
    requests_per_s: float


def designs() -> list[Design]:
    """Read the published designs."""
    with (HERE / "splitwise_designs.csv").open(encoding="utf-8", newline="") as stream:
        return [
            Design(
                row["budget"],
                row["design"],
                row["prefill_gpu"],
                row["decode_gpu"],
                (int(row["prefill_instances"]), int(row["decode_instances"])),
            )
            for row in csv.DictReader(stream)
        ]


def split_at(counts: tuple[int, int], rates: tuple[float, float]) -> Split:
    """What a design carries: the less of what its prefill and its decode machines carry."""
    return Split(counts, min(count * rate for count, rate in zip(counts, rates, strict=True)))


def best_split(prices: tuple[float, float], budget: float, rates: tuple[float, float]) -> Split:
    """Give the split of a budget that carries the most, by trying all of them."""
    return max(_splits(prices, budget, rates), key=lambda split: (split.requests_per_s, -sum(split.counts)))


def _splits(prices: tuple[float, float], budget: float, rates: tuple[float, float]) -> Iterator[Split]:
    for prefill in range(int(budget / prices[0] + 1e-9) + 1):
        decode = int((budget - prefill * prices[0]) / prices[1] + 1e-9)
        yield split_at((prefill, decode), rates)


def rates(design: Design, queue: bool) -> tuple[float, float]:
    """Requests per second of one prefill and one decode machine; without `queue`, prefill is kept busy."""
    found = {(side.role, side.sku): side for side in size(fleet(), "conversation").sides}
    prefill, decode = found["prefill", design.prefill_gpu], found["decode", design.decode_gpu]
    assert prefill.tokens_per_s_busy is not None
    busy = prefill.tokens_per_s_busy / INPUT_TOKENS
    return (prefill.requests_per_s if queue else busy), decode.requests_per_s


@cache
def fleet() -> Fleet:
    """BLOOM-176B on the three machines, within Splitwise's targets."""
    machines = {gpu: {"gpu": gpu, "gpus": 8, "usd_per_hour": 8 * usd} for gpu, usd in COST.items()}
    load = {"model": "bloom-176b", "input_tokens": INPUT_TOKENS, "output_tokens": OUTPUT_TOKENS}
    load |= {"requests_per_second": 1, "slo": {"ttft_mean_ms": 1e6, "tpot_mean_ms": 1e6}}
    text = {"skus": machines, "models": {"bloom-176b": {"engine": "vllm"}}, "workloads": {"conversation": load}}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "fleet.yaml"
        file.write_text(yaml.safe_dump(text), encoding="utf-8")
        read = pdopt.read_fleet(file)
    llm = _at_any_context(read)
    a100 = next(p for p in llm.prefill if p.shape.gpu == "a100-sxm")
    alone = {
        "ttft": service_s(a100, read.workloads["conversation"]),
        "tpot": next(p for p in llm.decode if p.shape.gpu == "a100-sxm").curves[0].tpot_s[0],
    }
    targets = tuple(
        Target(metric, statistic, factor * alone[metric])
        for metric, factors in SLOWDOWNS.items()
        for statistic, factor in factors.items()
    )
    asked = replace(read.workloads["conversation"], targets=targets)
    return replace(read, llms={llm.name: llm}, workloads={"conversation": asked})


def _at_any_context(read: Fleet):
    llm = read.llms["bloom-176b"]
    lengths = {"input_tokens": float(INPUT_TOKENS), "output_tokens": float(OUTPUT_TOKENS)}
    decode = tuple(replace(p, curves=tuple(replace(c, **lengths) for c in p.curves)) for p in llm.decode)
    return replace(llm, decode=decode)
