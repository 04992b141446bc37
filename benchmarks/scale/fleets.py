"""Fleets of any size from a seed: LLMs of usual sizes on GPUs as they are sold, none of them best for everything.

Times are those of a roofline: decode reads weights and KV cache once a step, prefill spends two FLOPs per active
parameter and token. How near an engine comes to it is drawn per LLM and GPU, so that no GPU dominates another.
"""

from __future__ import annotations

import math
import random
from typing import Any, NamedTuple


class Gpu(NamedTuple):
    """A GPU and a node of it: data sheets as in models/gpus.csv, list prices of 2026 as in models/prices, rounded."""

    memory_gb: float
    tb_per_s: float
    tflops: float
    per_node: int
    usd_per_hour: float


GPUS = {
    "h100-sxm": Gpu(79.6, 3.35, 1979, 8, 49.24),
    "a100-sxm": Gpu(80.0, 2.04, 312, 8, 21.6),
    "l40s": Gpu(45.0, 0.86, 733, 8, 18.0),
    "h200-sxm": Gpu(140.4, 4.8, 1979, 8, 50.44),
    "b200-sxm": Gpu(179.1, 7.7, 4500, 8, 68.8),
    "mi300x": Gpu(192.0, 5.3, 2615, 8, 48.0),
    "l4": Gpu(22.4, 0.3, 242, 8, 5.6),
    "rtx-pro-6000": Gpu(95.6, 1.6, 936, 8, 18.0),
    "gb200": Gpu(185.0, 8.0, 5000, 4, 42.0),
    "mi325x": Gpu(256.0, 6.0, 2615, 8, 56.0),
    "h20": Gpu(95.6, 4.0, 296, 8, 24.0),
    "mi355x": Gpu(288.0, 8.0, 5033, 8, 76.0),
}

SIZES = ((8, 8), (14, 14), (32, 32), (30, 3.3), (70, 70), (117, 5.1), (123, 123), (235, 22), (405, 405), (671, 37))
INPUTS = (256, 1024, 4096, 16384)
CONTEXTS = (512, 2048, 8192, 24576)
BATCHES = (1, 4, 16, 64, 256)
KINDS = (  # input and output tokens, TTFT and TPOT targets in ms: chat, retrieval, code, agents, batch
    (1200, 350, 1000, 40),
    (6000, 400, 3000, 50),
    (2500, 120, 600, 25),
    (9000, 700, 4000, 40),
    (4000, 900, 20000, 120),
)


def document(
    llms: int, skus: int, periods: int = 1, seed: int = 0, *, tight: float = 0.0, workloads: int | None = None
) -> dict[str, Any]:
    """Give a fleet file as a mapping.

    Parameters
    ----------
    llms, skus, periods : int
        How many; at most twelve SKUs.
    seed : int
    tight : float, optional
        Nodes of eight GPUs per LLM in stock, of all SKUs together; without, nodes are never short.
    workloads : int, optional
        Of each LLM; one to three are drawn where it is left out.
    """
    rng = random.Random(seed)
    gpus = dict(list(GPUS.items())[:skus])
    models = {f"llm-{n}": _llm(rng, gpus) for n in range(llms)}
    classes = {
        f"llm-{n}-{number}": _workload(rng, f"llm-{n}", models[f"llm-{n}"], number % len(KINDS), periods)
        for n in range(llms)
        for number in (range(workloads) if workloads else rng.sample(range(len(KINDS)), rng.choice((1, 2, 2, 3))))
    }
    nodes = {
        name: {"gpu": name, "gpus": gpu.per_node, "usd_per_hour": round(gpu.usd_per_hour * rng.uniform(0.9, 1.1), 2)}
        for name, gpu in gpus.items()
    }
    if tight:
        for name, gpu in gpus.items():
            nodes[name]["available"] = max(2, round(tight * llms / skus * rng.uniform(0.7, 1.3) * 8 / gpu.per_node))
    found: dict[str, Any] = {"name": f"{llms} LLMs on {skus} SKUs, {periods} periods, seed {seed}", "skus": nodes}
    if periods > 1:
        found["periods"] = {f"h{hour:02d}": 24 / periods for hour in range(periods)}
    return {**found, "models": {k: _profiles(v) for k, v in models.items()}, "workloads": classes}


def _profiles(model: dict[str, Any]) -> dict[str, Any]:
    return {role: model[role] for role in ("prefill", "decode")}


def _llm(rng: random.Random, gpus: dict[str, Gpu]) -> dict[str, Any]:
    total_b, active_b = rng.choice(SIZES)
    kv_kb = 40 * math.sqrt(active_b) * rng.uniform(0.6, 1.4)  # per token, at FP8
    found: dict[str, Any] = {"total_b": total_b, "prefill": [], "decode": []}
    for name, gpu in gpus.items():
        fits = [n for n in (1, 2, 4, 8) if n <= gpu.per_node and n * gpu.memory_gb * 0.9 > total_b * 1.15]
        near = rng.uniform(0.35, 0.6), rng.uniform(0.45, 0.75)  # of the roofline: FLOPs, bandwidth
        for n in fits[:2]:
            shape = {"gpu": name, "gpus": n}
            loss = 0.93 ** math.log2(n)
            rate = n * loss * gpu.tflops * 1e12 * near[0] / (2 * active_b * 1e9)
            for length in INPUTS:
                slower = 1 + length / 60000 + 200 / length
                found["prefill"].append({**shape, "input_tokens": length, "tokens_per_s": round(rate / slower, 1)})
            room = (n * gpu.memory_gb * 0.9 - total_b * 1.05) * 1e6 / kv_kb
            for context in CONTEXTS:
                for batch in (b for b in BATCHES if b * context < room):
                    touched = min(total_b, active_b * (1 + 0.7 * batch)) if active_b < total_b else total_b
                    read_s = (touched * 1e9 + batch * context * kv_kb * 1e3) / (
                        n * loss * gpu.tb_per_s * 1e12 * near[1]
                    )
                    tpot_ms = 1e3 * read_s + 2.5 + 0.4 * math.log2(n)
                    row = {"input_tokens": context - 128, "output_tokens": 256, "batch": batch}
                    found["decode"].append({**shape, **row, "tpot_ms": round(tpot_ms, 4)})
    return found


def _workload(rng: random.Random, llm: str, model: dict[str, Any], kind: int, periods: int) -> dict[str, Any]:
    new, out, ttft_ms, tpot_ms = KINDS[kind]
    looser = max(1.0, math.sqrt(model["total_b"] / 70))
    lengths = {"input_tokens": int(new * rng.uniform(0.7, 1.4)), "output_tokens": int(out * rng.uniform(0.7, 1.4))}
    peak = 10 ** rng.uniform(0.0, 1.5) / looser
    start = rng.uniform(0, 24)
    rates = [
        round(peak * (0.55 + 0.45 * math.cos(2 * math.pi * (24 * n / periods - start) / 24)), 3) for n in range(periods)
    ]
    by_period = {f"h{n:02d}": max(rate, 0.05) for n, rate in enumerate(rates)}
    return {
        "model": llm,
        **lengths,
        "requests_per_second": round(peak, 3) if periods == 1 else by_period,
        "slo": {"ttft_mean_ms": round(ttft_ms * looser), "tpot_mean_ms": round(tpot_ms * looser)},
    }
