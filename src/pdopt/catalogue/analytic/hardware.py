"""The facts a roofline needs: an LLM's card and a GPU's specification."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

PCIE_GB_PER_S = 32.0  # one way, PCIe 4.0 x16: what GPUs without NVLink share
GIB = 2**30


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


def gpus(file: Path) -> dict[str, Gpu]:
    """Read gpus.csv."""
    with file.open(encoding="utf-8", newline="") as stream:
        return {row["gpu"]: _gpu(row) for row in csv.DictReader(stream)}


def _gpu(row: Mapping[str, str]) -> Gpu:
    widths = {16: "bf16_dense_tflops", 8: "fp8_dense_tflops", 4: "fp4_dense_tflops"}
    return Gpu(
        name=row["gpu"],
        memory_bytes=float(row["memory_gib"]) * GIB,
        bytes_per_s=float(row["memory_bw_tb_s"]) * 1e12,
        flops_per_s={bits: float(row[column]) * 1e12 for bits, column in widths.items() if row[column]},
        link_bytes_per_s=(float(row["nvlink_gb_s"] or 0) / 2 or PCIE_GB_PER_S) * 1e9,
        per_node=int(row["gpus_per_node"]),
    )


def card(name: str, raw: Mapping[str, Any]) -> Card:
    """Take an LLM's card as it is read from card.yaml.

    A card need not give the hidden size: a transformer has about 12 layers hidden² weights per token passed.
    """
    active, layers = float(raw["active_params_b"]) * 1e9, int(raw["layers"])
    hidden = float(raw.get("hidden_size") or sqrt(active / (12 * layers)))
    return Card(
        name=name,
        params=float(raw["total_params_b"]) * 1e9,
        active_params=active,
        layers=layers,
        hidden=hidden,
        width=float(raw.get("attention_width") or hidden),
        experts=int(raw.get("experts") or 0),
        experts_per_token=int(raw.get("experts_per_token") or 0),
        kv_bytes=dict(raw["kv_bytes_per_token"]),
        weight_bytes={kind: float(gib) * GIB for kind, gib in raw["weights_gib"].items()},
        native=str(raw.get("native_precision") or next(iter(raw["weights_gib"]))),
        max_context=int(raw["max_context"]),
        split_kv=str(raw.get("attention", "")).upper() != "MLA",
    )
