"""Profile rows from the roofline, for one LLM on one GPU type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pdopt.catalogue.analytic.calibration import Calibration, calibration_of
from pdopt.catalogue.analytic.hardware import GIB, Card, Gpu
from pdopt.catalogue.analytic.roofline import Instance, decode_work, prefill_work, seconds

BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
SHORTEST, SHORTEST_CONTEXT = 128, 256
LEAST_KV_TOKENS = 8192  # fewer is no server
SIZES = (1, 2, 4, 8)

Rows = dict[str, list[dict[str, object]]]


class NoEstimate(ValueError):  # noqa: N818 - an answer
    """The roofline has nothing to say; the sentence tells why."""


def estimate(
    card: Card,
    gpu: Gpu,
    table: Mapping[tuple[str, str], Calibration],
    gpus: Iterable[int] | None = None,
    engine: str = "",
) -> Rows:
    """Estimate prefill and decode rows of tensor-parallel instances.

    Parameters
    ----------
    gpus : iterable of int, optional
        Sizes of instances; by default 1, 2, 4, 8 up to a node. Those that the LLM does not fit on are left out.
    engine : str
        What the rows name as their engine; the roofline knows none.

    Raises
    ------
    NoEstimate
        The LLM fits on none of the sizes, or the GPU cannot compute in its precision.
    """
    weights, kv = card.native, "bf16"
    if weights not in card.weight_bytes:
        raise NoEstimate(f"the card of {card.name} gives no weights_gib in {weights or 'any precision'}")
    if weights == "nvfp4" and 4 not in gpu.flops_per_s:
        raise NoEstimate(f"{gpu.name} does not compute in nvfp4, the precision of {card.name}")
    sizes = sorted(set(gpus or (size for size in SIZES if size <= gpu.per_node)))
    instances = [Instance(card, gpu, size, weights, kv) for size in sizes]
    fitting = [one for one in instances if one.kv_tokens >= LEAST_KV_TOKENS]
    if not fitting:
        need = card.weight_bytes[weights] / GIB
        raise NoEstimate(f"{card.name} ({need:.0f} GiB of weights) does not fit on {sizes[-1]} x {gpu.name}")
    return {
        "prefill": [
            row for one in fitting for row in _prefill_rows(one, calibration_of(table, gpu.name, "prefill"), engine)
        ],
        "decode": [
            row for one in fitting for row in _decode_rows(one, calibration_of(table, gpu.name, "decode"), engine)
        ],
    }


def _prefill_rows(one: Instance, calibration: Calibration, engine: str) -> Iterable[dict[str, object]]:
    for tokens in _doubling(SHORTEST, one.card.max_context):
        pass_s = seconds(prefill_work(one, tokens), calibration.factors)
        point = {"input_tokens": tokens, "tokens_per_s": _digits(tokens / pass_s)}
        yield {**_shape(one, engine), **point, **_origin(calibration)}


def _decode_rows(one: Instance, calibration: Calibration, engine: str) -> Iterable[dict[str, object]]:
    """Rows of every batch, also where the KV cache cannot hold it: `kv_tokens` caps the batch at every context."""
    for tokens in _doubling(SHORTEST_CONTEXT, one.card.max_context):
        for batch in BATCHES:
            step_s = seconds(decode_work(one, tokens + 1, batch), calibration.factors)
            point = {"input_tokens": tokens, "output_tokens": 2, "batch": batch, "tpot_ms": _digits(step_s * 1e3)}
            yield {**_shape(one, engine), **point, "kv_tokens": int(one.kv_tokens), **_origin(calibration)}


def _doubling(first: int, last: int) -> list[int]:
    steps = []
    while first < last:
        steps.append(first)
        first *= 2
    return [*steps, last]


def _shape(one: Instance, engine: str) -> dict[str, object]:
    layout = {"gpu": one.gpu.name, "gpus": one.gpus, "parallelism": f"tp{one.gpus}", "dp": 1}
    return {**layout, "engine": engine, "precision": one.precision}


def _origin(calibration: Calibration) -> dict[str, object]:
    return {"kind": "analytic", "date": calibration.date, "source": calibration.words, "licence": "Apache-2.0"}


def _digits(value: float) -> float:
    return float(f"{value:.4g}")
