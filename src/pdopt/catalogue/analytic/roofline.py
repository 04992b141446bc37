"""The roofline: how long a pass takes, from work, peak rates and calibrated efficiencies."""

from __future__ import annotations

from dataclasses import dataclass

from pdopt.catalogue.analytic.hardware import Card, Gpu

BITS = {"bf16": 16, "fp16": 16, "fp8": 8, "nvfp4": 4}  # the width computed in; others meet bf16 (mxfp4, int4)
ACTIVATION_BYTES = 2.0
MEMORY_SHARE = 0.9  # of a GPU's memory, for weights and KV cache


@dataclass(frozen=True)
class Instance:
    """An LLM on tensor-parallel GPUs, with the precision of its weights and of its KV cache."""

    card: Card
    gpu: Gpu
    gpus: int
    weights: str
    kv: str

    @property
    def precision(self) -> str:
        """Precision as the catalogue writes it: fp8, or fp8-kv-bf16 where the cache differs."""
        same = {"fp16": "bf16"}.get(self.weights, self.weights) == self.kv
        return self.weights if same else f"{self.weights}-kv-{self.kv}"

    @property
    def kv_tokens(self) -> float:
        """Tokens that the KV cache holds: what the weights leave of 0.9 of the memory."""
        left = MEMORY_SHARE * self.gpu.memory_bytes - self.card.weight_bytes[self.weights] / self.gpus
        ranks = self.gpus if self.card.split_kv else 1
        return max(0.0, left * ranks / self.card.kv_bytes[self.kv])


@dataclass(frozen=True)
class Work:
    """What a pass costs on each resource at its peak rate, in seconds; and what it costs by count."""

    compute_s: float
    memory_s: float
    link_s: float
    layers: int
    reductions: int
    narrow: bool
    experts: bool


@dataclass(frozen=True)
class Factors:
    """Share of each peak rate that is attained, and what a pass costs by count.

    Attributes
    ----------
    compute, narrow : float
        Of the peak FLOP rate, with weights of 16 bits and with narrower ones.
    memory, link : float
        Of the memory's bandwidth and of the bandwidth between GPUs.
    experts : float
        Of the speed of a dense LLM, what one with experts attains for the same work.
    layer_s, reduction_s : float
        Seconds per layer, and per reduction between GPUs.
    """

    compute: float
    narrow: float
    memory: float
    link: float
    experts: float
    layer_s: float
    reduction_s: float


def seconds(work: Work, factors: Factors) -> float:
    """Time of a pass: the slower of computing and reading, then what adds to it.

    Source: the roofline of Williams, Waterman, Patterson (CACM 52(4), 2009); the additive terms are this project's.
    """
    compute_s = work.compute_s / (factors.narrow if work.narrow else factors.compute)
    return (
        max(compute_s, work.memory_s / factors.memory) / (factors.experts if work.experts else 1.0)
        + work.link_s / factors.link
        + work.layers * factors.layer_s
        + work.reductions * factors.reduction_s
    )


def prefill_work(one: Instance, tokens: float) -> Work:
    """Work of one prompt: 2 FLOP per active weight and token, 4 layers width per pair of tokens, causal hence half."""
    pairs = tokens * tokens / 2
    return _work(one, tokens, pairs, 0.0)


def decode_work(one: Instance, context: float, batch: float) -> Work:
    """Work of one step: a token for each request of the batch, each reading the KV cache of its context."""
    ranks = one.gpus if one.card.split_kv else 1
    return _work(one, batch, batch * context, batch * context * one.card.kv_bytes[one.kv] / ranks)


def _work(one: Instance, tokens: float, pairs: float, cache_bytes: float) -> Work:
    card, gpu = one.card, one.gpu
    flop = 2 * card.active_params * tokens + 4 * card.layers * card.width * pairs
    weights = card.weight_bytes[one.weights] * card.touched(tokens) / one.gpus
    reductions = 2 * card.layers if one.gpus > 1 else 0  # after attention and after the MLP
    sent = reductions * tokens * card.hidden * ACTIVATION_BYTES * 2 * (one.gpus - 1) / one.gpus
    return Work(
        compute_s=flop / (one.gpus * gpu.flops(BITS.get(one.weights, 16))),
        memory_s=(weights + cache_bytes) / gpu.bytes_per_s,
        link_s=sent / gpu.link_bytes_per_s,
        layers=card.layers,
        reductions=reductions,
        narrow=BITS.get(one.weights, 16) < 16,
        experts=card.experts > 0 or card.active_params < card.params,
    )
