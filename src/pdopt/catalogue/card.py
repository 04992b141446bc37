"""Cards of LLMs: what is known of one without measuring it."""

from __future__ import annotations

from pathlib import Path

from pydantic import ConfigDict, Field

from pdopt.fleet.faults import FleetFaults
from pdopt.fleet.fields import Entry, Positive, Text, validate
from pdopt.fleet.located import read_yaml

BITS = {"nvfp4": 4, "mxfp4": 4, "int4": 4, "fp8": 8, "int8": 8, "bf16": 16, "fp16": 16}


class Card(Entry):
    """``card.yaml``; parameters in billions, weights in GiB by precision."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: Text = Field(description="the LLM as its makers name it")
    hf_id: Text = ""
    total_params_b: Positive = Field(description="parameters in billions")
    active_params_b: Positive = Field(description="parameters that a token uses, in billions")
    layers: int = Field(description="the number of layers")
    attention: Text = ""
    hidden_size: Positive | None = None
    attention_width: Positive | None = Field(None, description="query heads x mean of their key and value dimensions")
    experts: int = 0
    experts_per_token: int = 0
    kv_bytes_per_token: dict[str, float] = Field(default_factory=dict)
    weights_gib: dict[str, float] = Field(default_factory=dict)
    native_precision: Text = ""
    max_context: int | None = None
    same_dimensions_as: Text = Field("", description="an LLM of the catalogue whose profiles hold for this one too")
    source: Text = ""
    note: Text = ""

    def weight_bytes(self, precision: str) -> float:
        """Bytes of the weights in a precision; computed from the parameters where the card does not state it."""
        word = weight_word(precision)
        if word in self.weights_gib:
            return self.weights_gib[word] * 2**30
        return self.total_params_b * 1e9 * BITS.get(word, 16) / 8


def weight_word(precision: str) -> str:
    """Give the part of a precision that speaks of the weights: fp8 of fp8-kv-bf16."""
    return precision.partition("-")[0]


def read_card(folder: Path) -> Card | None:
    """Read the card of a folder, or give None where it has none.

    Raises
    ------
    FleetFaults
        Every fault of the card.
    """
    file = folder / "card.yaml"
    if not file.exists():
        return None
    raw, complaints = read_yaml(file)
    card = validate(Card, raw, (), complaints)
    if complaints.faults:
        raise FleetFaults(complaints.faults)
    return card
