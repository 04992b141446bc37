"""A workload on two GPU types, one instance a GPU: what runs is a choice of four small counts, all enumerable."""

from __future__ import annotations

import random
from itertools import product
from math import ceil, inf

MOST = 7


def case_of(rng: random.Random, gpus: str = "ab") -> dict:
    """Capacities per instance, in requests per second, and prices."""
    return {
        "prices": {gpu: rng.randint(4, 12) for gpu in gpus},
        "prefill": {gpu: rng.uniform(3, 9) for gpu in gpus},
        "decode": {gpu: rng.uniform(2, 8) for gpu in gpus},
    }


def fleet_of(case: dict, demand, llms: tuple[str, ...] = ("m",)) -> dict:
    """A fleet file whose instances carry what the case says: mu - 1 at a TTFT of 1 s on M/M/1; the largest batch."""
    shape = {"gpus": 1, "input_tokens": 100}
    prefill = [{**shape, "gpu": g, "tokens_per_s": 100 * (rate + 1)} for g, rate in case["prefill"].items()]
    decode = [
        {**shape, "gpu": g, "output_tokens": 10, "batch": batch, "tpot_ms": tpot_ms}
        for g, rate in case["decode"].items()
        for batch, tpot_ms in ((1, 50.0), (rate, 100.0))
    ]
    rates = demand if isinstance(demand, dict) and set(demand) == set(llms) else dict.fromkeys(llms, demand)
    return {
        "skus": {g: {"gpu": g, "gpus": 1, "usd_per_hour": price} for g, price in case["prices"].items()},
        "models": {llm: {"prefill": prefill, "decode": decode} for llm in llms},
        "workloads": {
            llm: {
                "model": llm,
                "input_tokens": 100,
                "output_tokens": 10,
                "requests_per_second": rates[llm],
                "slo": {"ttft_mean_ms": 1000, "tpot_mean_ms": 100},
            }
            for llm in llms
        },
    }


def needs(case: dict, rate: float) -> list[tuple[int, int]]:
    """Pairs of GPU counts (a, b), none of them wasteful, that carry a rate."""
    sides = []
    for role in ("prefill", "decode"):
        counts = product(range(MOST), repeat=2)
        enough = [(a, b) for a, b in counts if a * case[role]["a"] + b * case[role]["b"] >= rate]
        sides.append(enough)
    sums = {(p[0] + d[0], p[1] + d[1]) for p, d in product(*sides)}
    return [x for x in sums if not any(y != x and y[0] <= x[0] and y[1] <= x[1] for y in sums)]


def need(case: dict, rate: float) -> int:
    """GPUs of the only type that carry a rate."""
    return sum(ceil(rate / case[role]["a"] - 1e-12) for role in ("prefill", "decode")) if rate else 0


def least(costs) -> float:
    """Smallest of the costs, infinite if there is none."""
    return min(costs, default=inf)
