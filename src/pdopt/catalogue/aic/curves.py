"""From the SDK's latencies to profile rows, with their provenance."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from pdopt.catalogue.aic.gate import suspicion
from pdopt.catalogue.aic.request import Request
from pdopt.catalogue.aic.sdk import AicRefusal, Instance, Quantisation, Sdk

LICENCE = "Apache-2.0"
WIDTHS = {"bfloat16": "bf16", "float16": "fp16"}
FAMILIES = ("nvfp4", "mxfp4", "fp8", "int8", "int4")


@dataclass(frozen=True)
class Computed:
    """Rows by role, and what the user should know of them."""

    rows: dict[str, list[dict[str, object]]]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Point:
    """One answer of the SDK: the coordinates, the pass in ms, the share of it that is made of measured kernels."""

    at: tuple[int, ...]
    latency_ms: float
    measured: float


def compute(sdk: Sdk, request: Request) -> Computed:
    """Compute the prefill and decode rows of one request.

    Raises
    ------
    AicRefusal
        A combination is unknown, or every point of a role lacks data, or the answers fail the sanity gate.
    """
    version = sdk.check(request.model, request.gpu, request.engine, request.version)
    modes = request.modes()
    one = Instance(request.model, request.gpu, request.engine, version, request.layout)
    settled = sdk.quantisation(one, modes)
    kv_tokens = sdk.kv_tokens(one, modes, max(request.batches))
    plain = sdk.compile(one, modes)
    stepping = sdk.compile(one, modes, request.nextn) if request.nextn else plain
    fitting = [(c, b) for c in request.contexts for b in request.batches if c * b * request.layout.dp <= kv_tokens]
    if not fitting:
        raise AicRefusal(f"the KV cache holds {kv_tokens} tokens, fewer than any batch asked for; give more --gpus")
    prefill, prefill_gaps = _points(sdk, "prefill", [(n,) for n in request.lengths], _prefill(plain))
    decode, decode_gaps = _points(sdk, "decode", fitting, _decode(stepping))
    notes = [*suspicion(sdk, request, modes, settled), *prefill_gaps, *decode_gaps]
    if modes != request.wanted:
        notes.append("KV cache in bf16, as engines keep it for DeepSeek on Hopper; --kv chooses otherwise")
    instance = _instance(request, version, settled)
    told = _provenance(sdk, request, version, settled)
    return Computed(
        {
            "prefill": [_prefill_row(request, instance, told(prefill, request.prefill_scale), p) for p in prefill],
            "decode": [
                _decode_row(request, instance, told(decode, request.decode_scale, decode=True), p, kv_tokens)
                for p in decode
            ],
        },
        tuple(notes),
    )


def precision_of(modes: Quantisation) -> str:
    """Precision as the catalogue writes it: weights, then KV cache where it differs (fp8-kv-bf16)."""
    weights, cache = _width(modes.moe or modes.gemm), _width(modes.kv)
    dense = _width(modes.gemm)
    weights = dense if weights == "bf16" else weights  # dense LLMs leave the experts' mode at its default
    return weights if weights == cache else f"{weights}-kv-{cache}"


def _width(mode: str | None) -> str:
    return WIDTHS.get(mode or "bfloat16") or next((f for f in FAMILIES if f in str(mode)), str(mode))


def _prefill(handle: Any) -> Callable[[int], tuple[float, float]]:
    def latency(length: int) -> tuple[float, float]:
        operations = handle.run_static_per_op(batch_size=1, isl=length, osl=2, mode="static_ctx")[0]
        return handle.predict_prefill_latency(1, length, 0), _share(operations)

    return latency


def _decode(handle: Any) -> Callable[[int, int], tuple[float, float]]:
    def latency(context: int, batch: int) -> tuple[float, float]:
        operations = handle.decode_step_per_op(batch, context, 2)
        return handle.decode_step_latency(batch, context, 2), _share(operations)

    return latency


def _share(operations: Iterable[tuple[Any, ...]]) -> float:
    """Share of the latency that rests on measured kernels, wholly or (mixed) in part."""
    timed = [(latency, source) for _, latency, _, source in operations]
    total = sum(latency for latency, _ in timed)
    return sum(latency for latency, source in timed if source in ("silicon", "mixed")) / total if total else 0.0


def _points(
    sdk: Sdk, role: str, wanted: Iterable[tuple[int, ...]], latency: Callable[..., tuple[float, float]]
) -> tuple[list[Point], list[str]]:
    """Ask point by point: data can be missing at some of them, and it shows at the first call only."""
    points, gaps = [], []
    for at in sorted(set(wanted)):
        try:
            milliseconds, measured = sdk.ask(lambda at=at: latency(*at))  # type: ignore[misc]
        except AicRefusal as refusal:
            gaps.append((at, str(refusal)))
            continue
        points.append(Point(at, milliseconds, measured))
    if not points:
        raise AicRefusal(f"{role}: {gaps[0][1].rstrip('.')}. Another --kv (bf16), layout or --engine may have data")
    return points, [f"{role}: no data at {len(gaps)} points, the first {gaps[0][0]}: {gaps[0][1]}"] if gaps else []


def _instance(request: Request, version: str, settled: Quantisation) -> dict[str, object]:
    layout = request.layout
    return {
        "gpu": request.gpu,
        "gpus": layout.gpus,
        "parallelism": layout.name,
        "dp": layout.dp,
        "engine": request.engine,
        "engine_version": version,
        "precision": precision_of(settled),
    }


def _provenance(sdk: Sdk, request: Request, version: str, settled: Quantisation) -> Callable[..., dict[str, object]]:
    modes = f"gemm {settled.gemm}, moe {settled.moe}, kv {settled.kv}, attention {settled.fmha}"

    def told(points: list[Point], scale: float, decode: bool = False) -> dict[str, object]:
        parts = [sdk.title, f"{request.engine} {version} data", f"{request.model} {request.layout.name}", modes]
        if decode and request.nextn:
            parts.append(f"nextn {request.nextn}, {request.tokens_per_step:g} tokens per step (given)")
        parts.append("uncalibrated" if scale == 1 else f"speed scaled by {scale:g} (given)")
        parts.append(f"at least {int(100 * min(p.measured for p in points))} % from measured kernels")
        today = date.today().isoformat()
        return {"kind": "computed", "date": today, "source": "; ".join(parts), "licence": LICENCE}

    return told


def _prefill_row(request: Request, instance: dict[str, object], told: dict[str, object], p: Point) -> dict[str, object]:
    speed = request.layout.dp * p.at[0] / p.latency_ms * 1e3 * request.prefill_scale
    return {**instance, "input_tokens": p.at[0], "tokens_per_s": digits(speed), **told}


def _decode_row(
    request: Request, instance: dict[str, object], told: dict[str, object], p: Point, kv_tokens: int
) -> dict[str, object]:
    drafts = {}
    if request.nextn:
        drafts = {"parallelism": f"{instance['parallelism']}-mtp{request.nextn}"}
        drafts |= {"tokens_per_step": request.tokens_per_step}  # type: ignore[dict-item]
    tpot_ms = p.latency_ms / (request.tokens_per_step or 1.0) / request.decode_scale
    point = {"input_tokens": p.at[0], "output_tokens": 2, "batch": p.at[1] * request.layout.dp}
    return {**instance, **drafts, **point, "tpot_ms": digits(tpot_ms), "kv_tokens": kv_tokens, **told}


def digits(value: float) -> float:
    """Keep five digits: more than anybody measured."""
    return float(f"{value:.5g}")
