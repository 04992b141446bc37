"""Measured profiles of instance shapes, in inner units."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, order=True)
class Shape:
    """How one instance is built: GPUs, parallelism, engine and precision."""

    gpu: str
    gpus: int
    parallelism: str = ""
    dp: int = 1
    engine: str = ""
    precision: str = ""

    def __str__(self) -> str:
        words = [f"{self.gpus}x{self.gpu}", self.parallelism, f"dp{self.dp}" if self.dp > 1 else ""]
        return " ".join(word for word in (*words, self.engine, self.precision) if word)

    def hands_over_to(self, other: Shape) -> bool:
        """Whether KV cache made here can be read there: same engine and precision, where both are stated."""
        pairs = ((self.engine, other.engine), (self.precision, other.precision))
        return all(not mine or not theirs or mine == theirs for mine, theirs in pairs)


@dataclass(frozen=True)
class Origin:
    """Where the numbers of a profile come from."""

    source: str = ""
    kind: str = ""
    date: str = ""
    engine_version: str = ""


@dataclass(frozen=True)
class EncodeProfile:
    """Throughput of one busy instance of the vision encoder against the tokens of an image.

    Attributes
    ----------
    image_tokens, images_per_s : tuple of float
        Same length, tokens ascending.
    """

    shape: Shape
    image_tokens: tuple[float, ...]
    images_per_s: tuple[float, ...]
    origins: tuple[Origin, ...] = ()


@dataclass(frozen=True)
class PrefillProfile:
    """Throughput of one busy prefill instance against input length.

    Attributes
    ----------
    input_tokens, tokens_per_s : tuple of float
        Same length, lengths ascending.
    """

    shape: Shape
    input_tokens: tuple[float, ...]
    tokens_per_s: tuple[float, ...]
    origins: tuple[Origin, ...] = ()


@dataclass(frozen=True)
class DecodeCurve:
    """TPOT against batch at one pair of lengths; batches ascending, TPOT as measured (steps and dips are real)."""

    input_tokens: float
    output_tokens: float
    batches: tuple[float, ...]
    tpot_s: tuple[float, ...]

    @property
    def context_tokens(self) -> float:
        """Mean context while decoding: the input and half of the output."""
        return self.input_tokens + self.output_tokens / 2


@dataclass(frozen=True)
class DecodeProfile:
    """Decode curves of one shape and the KV cache it holds (None where not stated)."""

    shape: Shape
    curves: tuple[DecodeCurve, ...]
    kv_tokens: float | None = None
    origins: tuple[Origin, ...] = ()


@dataclass(frozen=True)
class MixedCurve:
    """Latencies of one ordinary instance against its request rate, at one set of lengths.

    Attributes
    ----------
    rates_rps : tuple of float
        Ascending.
    latencies_s : dict
        (metric, statistic) -> one latency per rate; only statistics that every rate states.
    images, image_tokens : float
        Images per request, and tokens per image, that it was measured with.
    """

    input_tokens: float
    output_tokens: float
    cached_tokens: float
    rates_rps: tuple[float, ...]
    latencies_s: dict[tuple[str, str], tuple[float, ...]]
    images: float = 0.0
    image_tokens: float = 0.0


@dataclass(frozen=True)
class MixedProfile:
    """Curves of one ordinary instance."""

    shape: Shape
    curves: tuple[MixedCurve, ...]
    origins: tuple[Origin, ...] = ()

    @cached_property
    def curve_at(self) -> dict[tuple[float, float, float], MixedCurve]:
        """Give the curves without images by input, output and cached tokens."""
        plain = [curve for curve in self.curves if not curve.images and not curve.image_tokens]
        return {(curve.input_tokens, curve.output_tokens, curve.cached_tokens): curve for curve in plain}


Profile = EncodeProfile | PrefillProfile | DecodeProfile | MixedProfile
