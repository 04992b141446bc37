"""Ask the SDK for the points of one request."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from pdopt.catalogue.aic.gate import suspicion
from pdopt.catalogue.aic.layout import Instance
from pdopt.catalogue.aic.request import Request
from pdopt.catalogue.aic.rows import Answered, Point
from pdopt.catalogue.aic.sdk import AicRefusal, Sdk


@dataclass(frozen=True)
class Computed:
    """Rows by role, and what the user should know of them."""

    rows: dict[str, list[dict[str, object]]]
    notes: tuple[str, ...]


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
    notes = suspicion(sdk, request, modes, settled)
    if modes != request.wanted:
        notes.append("KV cache in bf16, as engines keep it for DeepSeek on Hopper; --kv chooses otherwise")
    lengths = [(length,) for length in request.lengths]
    prefill = _points(sdk, "prefill", lengths, _prefill(sdk.compile(one, modes)), notes)
    batches = _fitting(request, kv_tokens)
    decode = _points(sdk, "decode", batches, _decode(sdk.compile(one, modes, request.nextn)), notes)
    answered = Answered(request, one, settled, sdk.title, kv_tokens)
    told = answered.provenance(prefill, request.prefill_scale, False)
    told_decode = answered.provenance(decode, request.decode_scale, request.nextn > 0)
    rows = {
        "prefill": [answered.prefill_row(point, told) for point in prefill],
        "decode": [answered.decode_row(point, told_decode) for point in decode],
    }
    return Computed(rows, tuple(notes))


def _fitting(request: Request, kv_tokens: int) -> list[tuple[int, int]]:
    """Contexts and batches per rank that the KV cache holds."""
    ranks = request.layout.dp
    fitting = [(c, b) for c in request.contexts for b in request.batches if c * b * ranks <= kv_tokens]
    if not fitting:
        raise AicRefusal(f"the KV cache holds {kv_tokens} tokens, fewer than any batch asked for; give more --gpus")
    return fitting


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
    sdk: Sdk,
    role: str,
    wanted: Iterable[tuple[int, ...]],
    latency: Callable[..., tuple[float, float]],
    notes: list[str],
) -> list[Point]:
    """Ask point by point: data can be missing at some of them, and it shows at the first call only."""
    points, gaps = [], []
    for at in sorted(set(wanted)):
        try:
            milliseconds, measured = sdk.ask(partial(latency, *at))
        except AicRefusal as refusal:
            gaps.append((at, str(refusal).rstrip(".")))
            continue
        points.append(Point(at, milliseconds, measured))
    if not points:
        raise AicRefusal(f"{role}: {gaps[0][1]}. Another --kv (bf16), layout or --engine may have data")
    if gaps:
        notes.append(f"{role}: no data at {len(gaps)} points, the first {gaps[0][0]}: {gaps[0][1]}")
    return points
