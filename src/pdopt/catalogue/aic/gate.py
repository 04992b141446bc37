"""The sanity gate: tables of the package have been wrong by factors, under the same version label."""

from __future__ import annotations

from functools import partial
from statistics import median
from typing import Any

from pdopt.catalogue.aic.layout import Instance, Quantisation, gpu_of
from pdopt.catalogue.aic.request import Request
from pdopt.catalogue.aic.sdk import AicRefusal, Sdk

ENGINE_LIMIT = 2.0  # times the latency of every other engine: refused; of the best one: noted
WIDTH_LIMIT = 1.5  # times the latency of the same engine with bf16 weights: refused
PREFILL = (1024, 4096)
DECODE = ((1, 4096), (8, 4096), (32, 4096))

Latencies = dict[str, dict[Any, float]]


def suspicion(sdk: Sdk, request: Request, modes: Quantisation, settled: Quantisation) -> list[str]:
    """Hold an engine's latencies against those of the others, and narrow weights against bf16.

    Returns
    -------
    list of str
        What is odd but may be true, or that there was nothing to compare with.

    Raises
    ------
    AicRefusal
        The median latency of a role is over the limits.
    """
    own = _latencies(sdk, request, request.engine, modes)
    engines = {name: found for name in _engines(sdk, request) if (found := _latencies(sdk, request, name, modes))}
    wide = Quantisation("bfloat16", "bfloat16", modes.kv, modes.fmha)
    narrow = settled.gemm != "bfloat16"
    in_bf16 = _latencies(sdk, request, request.engine, wide) if narrow else {}
    notes = [] if engines else ["no other engine has data for this instance, so nothing vouches for these numbers"]
    for role in own:
        if in_bf16:
            _refuse_over(WIDTH_LIMIT, sdk, role, request.engine, "its own bf16 weights", _ratio(own, in_bf16, role))
        ratios = {name: _ratio(own, theirs, role) for name, theirs in engines.items()}
        if ratios:
            nearest = min(ratios, key=lambda name: ratios[name])
            best = max(ratios, key=lambda name: ratios[name])
            _refuse_over(ENGINE_LIMIT, sdk, role, request.engine, nearest, ratios[nearest])
            if ratios[best] > ENGINE_LIMIT:
                notes.append(f"{role}: {request.engine} is {ratios[best]:.1f} times as slow as {best} on this instance")
    return notes


def _refuse_over(limit: float, sdk: Sdk, role: str, engine: str, other: str, ratio: float) -> None:
    if ratio > limit:
        raise AicRefusal(
            f"{role}: {engine} is {ratio:.1f} times as slow as {other} on the same instance, which speaks of a broken "
            f"table in {sdk.title}; take another --engine or package version"
        )


def _engines(sdk: Sdk, request: Request) -> list[str]:
    known = {gpu_of(system): engines for system, engines in sdk.databases.get_supported_databases().items()}
    return sorted(set(known[request.gpu]) - {request.engine})


def _ratio(mine: Latencies, theirs: Latencies, role: str) -> float:
    return median(mine[role][at] / theirs[role][at] for at in mine[role])


def _latencies(sdk: Sdk, request: Request, engine: str, modes: Quantisation) -> Latencies:
    """Latencies by role at the gate's points; nothing for an engine that lacks data at any."""
    try:
        version = sdk.check(request.model, request.gpu, engine, request.version if engine == request.engine else None)
        handle = sdk.compile(Instance(request.model, request.gpu, engine, version, request.layout), modes)
        return {
            "prefill": {n: sdk.ask(partial(handle.predict_prefill_latency, 1, n, 0)) for n in PREFILL},
            "decode": {at: sdk.ask(partial(handle.decode_step_latency, *at, 2)) for at in DECODE},
        }
    except AicRefusal:
        return {}
