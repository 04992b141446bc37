"""The facts a roofline needs: an LLM's card and a GPU's specification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from pdopt.catalogue.card import Card as CardFile
from pdopt.fleet.gpus import Gpu as GpuRow

PCIE_GB_PER_S = 32.0  # one way, PCIe 4.0 x16: what GPUs without NVLink share
GIB = 2**30
CONTEXT = 32768  # the longest one of a card that states none


@dataclass(frozen=True)
class Gpu:
    """One GPU: bytes, bytes per second, and FLOP per second by width of the weights in bits."""

    name: str
    memory_bytes: float
    bytes_per_s: float
    flops_per_s: Mapping[int, float]
    link_bytes_per_s: float
    per_node: int = 8

    def flops(self, bits: int) -> float:
        """Dense FLOP per second at the narrowest width that the GPU computes in and that is no narrower than `bits`."""
        return self.flops_per_s[min(width for width in self.flops_per_s if width >= bits)]


@dataclass(frozen=True)
class Card:
    """One LLM.

    Attributes
    ----------
    params, active_params : float
        All of them, and those that one token passes.
    width : float
        Query heads times the mean of their key and value dimensions: 4 layers width FLOP per pair of tokens.
    experts, experts_per_token : int
        0 when the LLM is dense, or the card does not say.
    split_kv : bool
        Whether tensor parallelism divides the KV cache; the latent cache of MLA is stored whole on every rank.
    """

    name: str
    params: float
    active_params: float
    layers: int
    hidden: float
    width: float
    experts: int
    experts_per_token: int
    kv_bytes: Mapping[str, float]
    weight_bytes: Mapping[str, float]
    native: str
    max_context: int
    split_kv: bool

    def touched(self, tokens: float) -> float:
        """Share of the weights that a pass over `tokens` tokens reads, if each chooses its experts at random.

        With E experts of which a token takes k, and shared weights s: s + (1-s) (1 - (1 - k/E)^tokens).
        From active = s + (1-s) k/E follows s. A card without experts counts as if every weight were an expert's.
        """
        active = self.active_params / self.params
        chosen = self.experts_per_token / self.experts if self.experts else active
        shared = max(0.0, (active - chosen) / (1 - chosen)) if chosen < 1 else 1.0
        return float(shared + (1 - shared) * (1 - (1 - chosen) ** tokens))


def specification(known: GpuRow) -> Gpu:
    """Take a GPU as gpus.csv describes it."""
    widths = {16: known.bf16_dense_tflops, 8: known.fp8_dense_tflops, 4: known.fp4_dense_tflops}
    return Gpu(
        name=known.gpu,
        memory_bytes=known.memory_gib * GIB,
        bytes_per_s=known.memory_bw_tb_s * 1e12,
        flops_per_s={bits: tflops * 1e12 for bits, tflops in widths.items() if tflops},
        link_bytes_per_s=((known.nvlink_gb_s or 0) / 2 or PCIE_GB_PER_S) * 1e9,
        per_node=known.gpus_per_node,
    )


def dimensions(name: str, known: CardFile) -> Card:
    """Take an LLM as its card.yaml describes it.

    A card need not give the hidden size: a transformer has about 12 layers hidden² weights per token passed.
    """
    hidden = known.hidden_size or sqrt(known.active_params_b * 1e9 / (12 * known.layers))
    return Card(
        name=name,
        params=known.total_params_b * 1e9,
        active_params=known.active_params_b * 1e9,
        layers=known.layers,
        hidden=hidden,
        width=known.attention_width or hidden,
        experts=known.experts,
        experts_per_token=known.experts_per_token,
        kv_bytes=known.kv_bytes_per_token,
        weight_bytes={kind: gib * GIB for kind, gib in known.weights_gib.items()},
        native=known.native_precision or next(iter(known.weights_gib), ""),
        max_context=known.max_context or CONTEXT,
        split_kv=known.attention.upper() != "MLA",
    )
