"""What ``limits.forbid`` and ``limits.require`` say of where instances may run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """A placement, or a pair of SKUs that hand over, which is forbidden or required.

    Attributes
    ----------
    llm, role : str or None
        Whom it concerns; None means all.
    sku, gpu : str or None
        A placement names one of the two.
    prefill_sku, decode_sku : str or None
        A pair names both.
    """

    llm: str | None = None
    role: str | None = None
    sku: str | None = None
    gpu: str | None = None
    prefill_sku: str | None = None
    decode_sku: str | None = None

    def __str__(self) -> str:
        return "{" + ", ".join(f"{key}: {value}" for key, value in self.written().items()) + "}"

    def written(self) -> dict[str, str]:
        """Give the rule in the words of a fleet file."""
        keys = ("model", "role", "sku", "gpu", "prefill", "decode")
        values = (self.llm, self.role, self.sku, self.gpu, self.prefill_sku, self.decode_sku)
        return {key: value for key, value in zip(keys, values, strict=True) if value is not None}
