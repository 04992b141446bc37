"""Inputs of Mélange's kind from a seed: one LLM, request sizes in buckets, what one GPU of each type carries of each.

Throughputs are those of a roofline at an 8B LLM with weights and KV cache in FP8, how near a GPU comes to it drawn per
GPU and bucket, so that none is best for everything. GPUs and prices are those of ``benchmarks/scale``.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from benchmarks.scale.fleets import GPUS

Floats = npt.NDArray[np.float64]

TYPES = ("l4", "a100-sxm", "l40s", "h100-sxm", "h200-sxm", "mi300x", "b200-sxm", "rtx-pro-6000")
WEIGHTS_GB, KV_KB, FLOPS_PER_TOKEN = 8.0, 65.0, 16e9
TPOT_S = 0.12  # the looser of the two targets in Mélange's evaluation
LONGEST = 25_000, 2_000  # tokens of input and output


@dataclass(frozen=True)
class Input:
    """What Mélange takes.

    Attributes
    ----------
    name : str
    gpus : tuple of str
    usd_per_h : array, one per GPU
    lengths : tuple of (input tokens, output tokens), one per bucket
    share : array, one per bucket, adding up to 1
    carried_rps : array of buckets × GPUs
        Requests per second that one GPU carries of a bucket alone, within the target; 0 where it cannot.
    rate_rps : float
    slices : int
        Parts into which Mélange cuts each bucket.
    """

    name: str
    gpus: tuple[str, ...]
    usd_per_h: Floats
    lengths: tuple[tuple[int, int], ...]
    share: Floats
    carried_rps: Floats
    rate_rps: float
    slices: int

    @property
    def wanted_rps(self) -> Floats:
        """Demand of each bucket."""
        return self.rate_rps * self.share


def drawn(gpus: int, side: int, slices: int, seed: int = 0) -> Input:
    """Draw an input with so many GPU types and side × side buckets."""
    rng = random.Random(f"{gpus} {side} {seed}")
    lengths = tuple((i, o) for i in _steps(LONGEST[0], 50, side) for o in _steps(LONGEST[1], 25, side))
    weights = np.array([_popular(i, o) * rng.uniform(0.5, 1.5) for i, o in lengths])
    names = TYPES[:gpus]
    carried = [[_carried_rps(name, *length) * rng.uniform(0.85, 1.15) for name in names] for length in lengths]
    return Input(
        name=f"{gpus} × {side}×{side} × {slices}",
        gpus=names,
        usd_per_h=np.array([round(GPUS[name].usd_per_hour / GPUS[name].per_node, 2) for name in names]),
        lengths=lengths,
        share=weights / weights.sum(),
        carried_rps=np.round(carried, 5),
        rate_rps=round(0.64 * side**2, 2),
        slices=slices,
    )


def _steps(longest: int, shortest: int, number: int) -> list[int]:
    """Give lengths in equal ratios, the longest last."""
    return [round(shortest * (longest / shortest) ** ((n + 1) / number)) for n in range(number)]


def _popular(input_tokens: int, output_tokens: int) -> float:
    """Weigh a bucket: two bells over the logarithms, around 1000 tokens in and 150 out."""
    return math.exp(
        -0.5 * (math.log(input_tokens / 1000) / 1.5) ** 2 - 0.5 * (math.log(output_tokens / 150) / 1.2) ** 2
    )


def _carried_rps(name: str, input_tokens: int, output_tokens: int) -> float:
    """Give requests per second of one GPU: prefill at half its FLOPs, decode at 0.6 of its bandwidth."""
    gpu = GPUS[name]
    context_gb = (input_tokens + output_tokens / 2) * KV_KB / 1e6
    gb_per_s = 600 * gpu.tb_per_s
    batch = min((gpu.memory_gb * 0.9 - WEIGHTS_GB) / context_gb, (TPOT_S * gb_per_s - WEIGHTS_GB) / context_gb, 256.0)
    if batch < 1:
        return 0.0
    step_s = (WEIGHTS_GB + batch * context_gb) / gb_per_s
    prefill_s = input_tokens * FLOPS_PER_TOKEN / (0.5 * gpu.tflops * 1e12)
    return 1 / (prefill_s + output_tokens * step_s / batch)


SIZES = (
    *((2, 2, 1), (2, 3, 4), (3, 3, 4), (3, 4, 4), (4, 4, 4), (4, 5, 4), (4, 5, 8), (4, 6, 4), (5, 6, 4), (5, 6, 8)),
    *((5, 7, 4), (5, 8, 4), (6, 8, 4), (6, 8, 8), (6, 10, 1), (6, 10, 2), (6, 10, 4), (6, 10, 8), (7, 12, 4)),
    *((8, 12, 8), (8, 16, 8), (8, 20, 4), (8, 20, 8)),
)


def ladder() -> list[Input]:
    """Give the inputs of growing size: GPU types, side of the buckets, slices."""
    return [drawn(*size) for size in SIZES]
