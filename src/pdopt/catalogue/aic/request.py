"""What is asked of AIConfigurator: one LLM on one instance shape, at which points, calibrated how."""

from __future__ import annotations

from dataclasses import dataclass, field

from pdopt.catalogue.aic.layout import HOPPER, Layout, Quantisation

LENGTHS = (256, 512, 1024, 2048, 4096, 6144, 8192, 12288, 16384, 32768)
CONTEXTS = (1024, 4096, 8192, 16384)
BATCHES = (1, 2, 4, 8, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512)


@dataclass(frozen=True)
class Request:
    """One profile to compute.

    Attributes
    ----------
    lengths, contexts : tuple of int
        Input lengths of prefill; contexts of decode.
    batches : tuple of int
        Requests in flight per attention data-parallel rank.
    nextn, tokens_per_step : int, float
        Draft tokens of speculative decoding, and the tokens a step yields with them: TPOT = step / tokens per step.
        AIConfigurator knows what drafting costs, not how often it is accepted.
    prefill_scale, decode_scale : float
        Measured over computed speed, from a calibration of the user's.
    """

    model: str
    gpu: str
    engine: str
    layout: Layout
    version: str | None = None
    wanted: Quantisation = field(default_factory=Quantisation)
    lengths: tuple[int, ...] = LENGTHS
    contexts: tuple[int, ...] = CONTEXTS
    batches: tuple[int, ...] = BATCHES
    nextn: int = 0
    tokens_per_step: float | None = None
    prefill_scale: float = 1.0
    decode_scale: float = 1.0

    def faults(self) -> list[str]:
        """Say what cannot be asked, every fault at once."""
        faults = []
        if self.nextn and self.tokens_per_step is None:
            faults.append(
                "--nextn: say with --tokens-per-step how many tokens a step yields (1 + drafts accepted, measured); "
                "AIConfigurator does not know it"
            )
        if self.tokens_per_step is not None and not 1 <= self.tokens_per_step <= self.nextn + 1:
            faults.append(f"--tokens-per-step {self.tokens_per_step:g}: must be 1 to {self.nextn + 1} (--nextn + 1)")
        for option, numbers in (("lengths", self.lengths), ("contexts", self.contexts), ("batches", self.batches)):
            if not numbers or min(numbers) < 1:
                faults.append(f"--{option}: must be whole numbers above 0, such as 1024,4096")
        for option, scale in (("prefill-scale", self.prefill_scale), ("decode-scale", self.decode_scale)):
            if not 0.1 <= scale <= 10:
                faults.append(f"--{option} {scale:g}: must be 0.1 to 10, measured over computed speed")
        return faults

    def modes(self) -> Quantisation:
        """Modes to ask for; DeepSeek on Hopper keeps its KV cache in bf16, as engines do (there is no fp8 table)."""
        if self.wanted.kv is None and "deepseek" in self.model.lower() and self.gpu.split("-")[0] in HOPPER:
            return Quantisation(self.wanted.gemm, self.wanted.moe, "bfloat16", self.wanted.fmha or "bfloat16")
        return self.wanted
