"""The sanity gate: tables of the package have been wrong by factors, under the same version label."""

from __future__ import annotations

from statistics import median
from typing import Any

from pdopt.catalogue.aic.layout import gpu_of
from pdopt.catalogue.aic.request import Request
from pdopt.catalogue.aic.sdk import AicRefusal, Instance, Quantisation, Sdk

LIMIT = 2.0  # times the latency of the best other engine, or of the same engine in bf16
PREFILL = (1024, 4096)
DECODE = ((1, 4096), (8, 4096), (32, 4096))


def suspicion(sdk: Sdk, request: Request, modes: Quantisation) -> list[str]:
    """Hold an engine's latencies against those of the others, and fp8 against bf16.

    Returns
    -------
    list of str
        A note when there was nothing to compare with.

    Raises
    ------
    AicRefusal
        The median latency of a role is over twice the best of the comparisons'.
    """
    own = _latencies(sdk, request, request.engine, modes)
    others = {name: _latencies(sdk, request, name, modes) for name in _engines(sdk, request)}
    if modes.gemm is None and modes.moe is None:
        wide = Quantisation("bfloat16", "bfloat16", modes.kv, modes.fmha)
        others["bf16 weights"] = _latencies(sdk, request, request.engine, wide)
    found = {name: latencies for name, latencies in others.items() if latencies}
    for role in own:
        ratios = {name: _ratio(own[role], theirs[role]) for name, theirs in found.items() if theirs.get(role)}
        worst = max(ratios, key=lambda name: ratios[name], default=None)
        if worst is not None and ratios[worst] > LIMIT:
            raise AicRefusal(
                f"{role}: {request.engine} is {ratios[worst]:.1f} times as slow as {worst} on the same instance, which "
                f"speaks of a broken table in {sdk.title}; take another --engine or package version"
            )
    return [] if found else ["no other engine has data for this instance, so nothing vouches for these numbers"]


def _engines(sdk: Sdk, request: Request) -> list[str]:
    known = {gpu_of(system): engines for system, engines in sdk.databases.get_supported_databases().items()}
    return sorted(set(known[request.gpu]) - {request.engine})


def _ratio(mine: dict[Any, float], theirs: dict[Any, float]) -> float:
    shared = mine.keys() & theirs.keys()
    return median(mine[at] / theirs[at] for at in shared) if shared else 0.0


def _latencies(sdk: Sdk, request: Request, engine: str, modes: Quantisation) -> dict[str, dict[Any, float]]:
    """Latencies at the gate's points; nothing for an engine that has no data."""
    try:
        version = sdk.check(request.model, request.gpu, engine, request.version if engine == request.engine else None)
        handle = sdk.compile(Instance(request.model, request.gpu, engine, version, request.layout), modes)
        return {
            "prefill": {n: sdk.ask(lambda n=n: handle.predict_prefill_latency(1, n, 0)) for n in PREFILL},  # type: ignore[misc]
            "decode": {at: sdk.ask(lambda at=at: handle.decode_step_latency(*at, 2)) for at in DECODE},  # type: ignore[misc]
        }
    except AicRefusal:
        return {}
