"""What several entries of a fleet file must say together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pdopt.fleet.entries import WorkloadEntry
from pdopt.fleet.faults import Complaints, did_you_mean
from pdopt.fleet.fleet import Llm, Sku


def check_names(raw: dict[str, Any], complaints: Complaints) -> None:
    """Note every name that leads nowhere."""
    models, skus, workloads = (
        {} if not isinstance(raw.get(k), dict) else raw[k] for k in ("models", "skus", "workloads")
    )
    for name, entry in workloads.items():
        model = entry.get("model") if isinstance(entry, dict) else None
        if model is not None and str(model) not in models:
            complaints.add(
                ("workloads", name, "model"), f"{model!r} is not one of models; {did_you_mean(str(model), models)}"
            )
    transfer = raw.get("transfer")
    links = transfer.get("links") if isinstance(transfer, dict) else None
    for i, link in enumerate(links if isinstance(links, list) else ()):
        for end in ("prefill", "decode"):
            sku = link.get(end) if isinstance(link, dict) else None
            if sku is not None and str(sku) not in skus:
                path = ("transfer", "links", i, end)
                complaints.add(path, f"{sku!r} is not one of skus; {did_you_mean(str(sku), skus)}")


def check_images(entries: dict[str, WorkloadEntry], llms: dict[str, Llm | None], complaints: Complaints) -> None:
    """Ask for something that encodes where requests have images."""
    for name, entry in entries.items():
        llm = llms.get(entry.model)
        if llm is None or not entry.images or llm.encode:
            continue
        if not any(curve.images for profile in llm.mixed for curve in profile.curves):
            complaints.add(
                ("workloads", name, "images"),
                f"has images, but {llm.name} has no encode rows; add them, or mixed rows measured with images "
                "(leave images out where prefill was measured with them, encoding included)",
            )


def states_nic(raw: dict[str, Any]) -> bool:
    """Whether any SKU of the file states its network."""
    skus = raw.get("skus")
    written = skus.values() if isinstance(skus, dict) else ()
    return any(isinstance(entry, dict) and entry.get("nic_gb_per_s") is not None for entry in written)


def check_transfer(nic: bool, llms: dict[str, Llm | None], transfer: Any, complaints: Complaints) -> None:
    """Ask for the bytes of KV cache where bandwidths are stated."""
    if not transfer.links and not nic:
        return
    for name, llm in llms.items():
        if llm is not None and llm.prefill and llm.kv_bytes_per_token is None:
            complaints.add(
                ("models", name),
                "needs kv_bytes_per_token, because bandwidths are given and KV transfer takes time; add it here",
            )


def check_power(skus: dict[str, Sku], limit_kw: float | None, complaints: Complaints) -> None:
    """Ask for the power of every SKU where it is limited."""
    for name, sku in skus.items():
        if limit_kw is not None and sku.power_kw is None:
            complaints.add(
                ("skus", name), "needs power_kw (kilowatts of one node at full load), because limits.power_kw is given"
            )


def unusable(skus: dict[str, Sku], llms: Iterable[Llm | None]) -> Iterable[str]:
    """Say which SKUs cannot be used, or not evenly."""
    shapes = {shape for llm in llms if llm is not None for shape in llm.shapes()}
    gpus = {shape.gpu for shape in shapes}
    for sku in skus.values():
        if sku.gpu not in gpus:
            offered = ", ".join(sorted(gpus)) or "no GPU"
            yield f"no LLM has a profile on {sku.gpu}, so {sku.name} cannot be used; profiles are on {offered}"
            continue
        if not any(sku.hosts(shape) for shape in shapes):
            yield f"{sku.name}: no instance fits its {sku.gpus} x {sku.gpu}, a part of a machine; it is left out"
            continue
        odd = sorted({s.gpus for s in shapes if sku.hosts(s) and not _fits(s.gpus, sku.gpus)})
        if odd:
            sizes = ", ".join(map(str, odd))
            yield f"{sku.name}: instances of {sizes} GPUs do not divide its {sku.gpus}; nodes are filled as one pool"


def without_effect(raw: dict[str, Any]) -> Iterable[str]:
    """Say what the file states and the plan does not depend on."""
    workloads, skus, models = ([*raw[key].items()] for key in ("workloads", "skus", "models"))
    for key in ("value", "priority"):
        stating = [name for name, entry in workloads if isinstance(entry, dict) and entry.get(key) is not None]
        if stating and raw.get("budget") is None:
            yield f"{key} of {', '.join(stating)} has no effect without a budget: all demand is served"
    for key in ("start_usd", "stop_usd", "min_up_hours"):
        stating = [name for name, entry in (*skus, *models) if isinstance(entry, dict) and entry.get(key)]
        if stating and raw.get("periods") is None:
            yield f"{key} of {', '.join(stating)} has no effect without periods: nothing starts or stops"
    redundancy = raw.get("redundancy")
    asked = redundancy if isinstance(redundancy, dict) else {}
    if asked.get("serve") is not None and not any(value for key, value in asked.items() if key != "serve"):
        yield "redundancy.serve has no effect where nothing may be gone; say what may: instances, nodes or sites"


def _fits(instance_gpus: int, node_gpus: int) -> bool:
    return node_gpus % instance_gpus == 0 or instance_gpus % node_gpus == 0
