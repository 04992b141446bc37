"""From points that the SDK answered to profile rows, with their provenance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pdopt.catalogue.aic.layout import Instance, Quantisation
from pdopt.catalogue.aic.request import Request

LICENCE = "Apache-2.0"
WIDTHS = {"bfloat16": "bf16", "float16": "fp16"}
FAMILIES = ("nvfp4", "mxfp4", "fp8", "int8", "int4")


@dataclass(frozen=True)
class Point:
    """One answer of the SDK: the coordinates, the pass in ms, the share of it that is made of measured kernels."""

    at: tuple[int, ...]
    latency_ms: float
    measured: float


@dataclass(frozen=True)
class Answered:
    """What all rows of a request share: the shape, what was settled, who says so."""

    request: Request
    instance: Instance
    settled: Quantisation
    title: str
    kv_tokens: int

    def prefill_row(self, p: Point, told: dict[str, object]) -> dict[str, object]:
        """Row of one prompt per attention rank; throughput is that of all ranks."""
        speed = self.request.layout.dp * p.at[0] / p.latency_ms * 1e3 * self.request.prefill_scale
        return {**self._shape(), "input_tokens": p.at[0], "tokens_per_s": digits(speed), **told}

    def decode_row(self, p: Point, told: dict[str, object]) -> dict[str, object]:
        """Row of one batch per attention rank; TPOT is the step over the tokens it yields."""
        request, drafts = self.request, {}
        if request.nextn:
            drafts = {"parallelism": f"{request.layout.name}-mtp{request.nextn}"}
            told = {"tokens_per_step": request.tokens_per_step, **told}
        tpot_ms = p.latency_ms / (request.tokens_per_step or 1.0) / request.decode_scale
        point = {"input_tokens": p.at[0], "output_tokens": 2, "batch": p.at[1] * request.layout.dp}
        return {**self._shape(), **drafts, **point, "tpot_ms": digits(tpot_ms), "kv_tokens": self.kv_tokens, **told}

    def provenance(self, points: list[Point], scale: float, drafts: bool) -> dict[str, object]:
        """Say what the rows rest on: package, data, layout, precisions, drafts, scale, share of measured kernels."""
        one, modes = self.instance, self.settled
        parts = [self.title, f"{one.engine} {one.version} data", f"{one.model} {one.layout.name}"]
        parts.append(f"gemm {modes.gemm}, moe {modes.moe}, kv {modes.kv}, attention {modes.fmha}")
        if drafts:
            parts.append(f"nextn {self.request.nextn}, {self.request.tokens_per_step:g} tokens per step (given)")
        parts.append("uncalibrated" if scale == 1 else f"speed scaled by {scale:g} (given)")
        parts.append(f"at least {int(100 * min(p.measured for p in points))} % from measured kernels")
        today = date.today().isoformat()
        return {"kind": "computed", "date": today, "source": "; ".join(parts), "licence": LICENCE}

    def _shape(self) -> dict[str, object]:
        one = self.instance
        layout = {"gpu": one.gpu, "gpus": one.layout.gpus, "parallelism": one.layout.name, "dp": one.layout.dp}
        return {**layout, "engine": one.engine, "engine_version": one.version, "precision": precision_of(self.settled)}


def precision_of(modes: Quantisation) -> str:
    """Precision as the catalogue writes it: weights, then KV cache where it differs (fp8-kv-bf16)."""
    weights, cache = _width(modes.moe or modes.gemm), _width(modes.kv)
    dense = _width(modes.gemm)
    weights = dense if weights == "bf16" else weights  # dense LLMs leave the experts' mode at its default
    return weights if weights == cache else f"{weights}-kv-{cache}"


def _width(mode: str | None) -> str:
    return WIDTHS.get(mode or "bfloat16") or next((f for f in FAMILIES if f in str(mode)), str(mode))


def digits(value: float) -> float:
    """Keep five digits: more than anybody measured."""
    return float(f"{value:.5g}")
