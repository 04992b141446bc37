"""fleet.yaml → Fleet: every fault of the file at once, or a fleet that nobody has to check again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path as FilePath
from typing import Any, Protocol

from pdopt.fleet.entries import (
    AssumptionsEntry,
    MarginsEntry,
    ModelEntry,
    SkuEntry,
    SloEntry,
    TransferEntry,
    WorkloadEntry,
)
from pdopt.fleet.faults import Complaints, did_you_mean
from pdopt.fleet.fields import validate
from pdopt.fleet.fleet import Assumptions, Fleet, Llm, Margins, Sku, Target, Transfer, Workload
from pdopt.fleet.llms import Surroundings, read_llm
from pdopt.fleet.located import read_yaml
from pdopt.fleet.rows import STATISTICS

KEYS = ("name", "skus", "models", "workloads", "transfer", "assumptions", "margins")


class Catalogue(Protocol):
    """What reading a fleet asks of a catalogue of LLMs."""

    def names(self) -> Iterable[str]:
        """Names of the LLMs it has."""

    def folder_of(self, name: str) -> FilePath | None:
        """Folder with the profiles of an LLM, or None."""

    def estimates(
        self, folder: FilePath | None, name: str, gpu: str, engine: str
    ) -> dict[str, list[dict[str, object]]]:
        """Estimated rows by role; a ValueError says why there are none."""


def read(file: str | FilePath, catalogue: Catalogue) -> Fleet:
    """Read and validate a fleet file.

    Parameters
    ----------
    file : path of the YAML file
    catalogue : Catalogue
        Where LLMs without profiles of their own are looked up.

    Raises
    ------
    FleetFaults
        Every fault of the file and of the tables it names, each with file, line, path and remedy.
    """
    path = FilePath(file)
    raw, complaints = read_yaml(path)
    if not isinstance(raw, dict):
        complaints.add((), f"must be a mapping with {', '.join(KEYS)}; see the README for an example")
        complaints.raise_any()
    for key in raw:
        if key not in KEYS:
            complaints.add((key,), f"unknown key; {did_you_mean(key, KEYS)}")
    skus = {n: _sku(n, e) for n, e in _entries(SkuEntry, raw, "skus", complaints)}
    models = dict(_entries(ModelEntry, raw, "models", complaints))
    assumptions = _section(AssumptionsEntry, raw, "assumptions", complaints)
    entries = dict(_entries(WorkloadEntry, raw, "workloads", complaints))
    transfer = _section(TransferEntry, raw, "transfer", complaints)
    margins = _section(MarginsEntry, raw, "margins", complaints)
    _check_names(raw, complaints)
    around = Surroundings(path.parent, catalogue, tuple(sorted({sku.gpu for sku in skus.values()})))
    llms = {n: read_llm(n, entry, around, complaints) for n, entry in models.items()}
    _check_transfer(skus, llms, transfer, complaints)
    complaints.raise_any()
    return Fleet(
        name=str(raw.get("name") or path.stem),
        skus=skus,
        llms={n: llm for n, llm in llms.items() if llm is not None},
        workloads={n: _workload(n, entry, assumptions.prefill_service_cv2) for n, entry in entries.items()},
        transfer=Transfer(
            transfer.overhead_ms / 1e3, {(link.prefill, link.decode): link.gb_per_s for link in transfer.links}
        ),
        assumptions=Assumptions(**assumptions.model_dump()),
        margins=Margins(**margins.model_dump()),
        notes=(*around.notes, *_notes(skus, llms.values())),
        source_hash=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


def _entries(kind: type[Any], raw: dict[str, Any], key: str, complaints: Complaints) -> Iterable[tuple[str, Any]]:
    section = raw.get(key)
    if not isinstance(section, dict) or not section:
        state = "is missing" if key not in raw else "must name at least one entry"
        complaints.add((key,), f"{state}; add {key}: with a name and its keys ({', '.join(kind.model_fields)})")
        return
    for name, value in section.items():
        entry = validate(kind, {} if value is None and kind is ModelEntry else value, (key, name), complaints)
        if entry is not None:
            yield name, entry


def _section(kind: type[Any], raw: dict[str, Any], key: str, complaints: Complaints) -> Any:
    value = raw.get(key)
    entry = None if value is None else validate(kind, value, (key,), complaints)
    return kind() if entry is None else entry


def _sku(name: str, entry: SkuEntry) -> Sku:
    return Sku(name, entry.gpu, entry.gpus, entry.usd_per_hour, entry.available, entry.billing, entry.nic_gb_per_s)


def _workload(name: str, entry: WorkloadEntry, service_cv2: float) -> Workload:
    if entry.requests_per_second is not None:
        demand_rps = entry.requests_per_second
    else:
        assert entry.tokens_per_minute is not None
        demand_rps = entry.tokens_per_minute / 60 / (entry.input_tokens + entry.output_tokens)
    return Workload(
        name=name,
        llm=entry.model,
        input_tokens=entry.input_tokens,
        output_tokens=entry.output_tokens,
        cached_tokens=entry.cached_tokens,
        demand_rps=demand_rps,
        targets=_targets(entry.slo),
        min_served=entry.min_served,
        prefill_service_cv2=service_cv2 if entry.prefill_service_cv2 is None else entry.prefill_service_cv2,
    )


def _targets(slo: SloEntry) -> tuple[Target, ...]:
    stated = ((m, s, getattr(slo, f"{m}_{s}_ms")) for m in ("ttft", "tpot") for s in STATISTICS)
    return tuple(Target(metric, statistic, ms / 1e3) for metric, statistic, ms in stated if ms is not None)


def _check_names(raw: dict[str, Any], complaints: Complaints) -> None:
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


def _check_transfer(skus: dict[str, Sku], llms: dict[str, Llm | None], transfer: Any, complaints: Complaints) -> None:
    if not transfer.links and sum(sku.nic_gb_per_s is not None for sku in skus.values()) == 0:
        return
    for name, llm in llms.items():
        if llm is not None and llm.prefill and llm.kv_bytes_per_token is None:
            complaints.add(
                ("models", name),
                "needs kv_bytes_per_token, because bandwidths are given and KV transfer takes time; add it here",
            )


def _notes(skus: dict[str, Sku], llms: Iterable[Llm | None]) -> Iterable[str]:
    shapes = {shape for llm in llms if llm is not None for shape in llm.shapes()}
    gpus = {shape.gpu for shape in shapes}
    for sku in skus.values():
        if sku.gpu not in gpus:
            yield f"no LLM has a profile on {sku.gpu}, so {sku.name} cannot be used; {did_you_mean(sku.gpu, gpus)}"
            continue
        odd = sorted({s.gpus for s in shapes if s.gpu == sku.gpu and not _fits(s.gpus, sku.gpus)})
        if odd:
            sizes = ", ".join(map(str, odd))
            yield f"{sku.name}: instances of {sizes} GPUs do not divide its {sku.gpus}; nodes are filled as one pool"


def _fits(instance_gpus: int, node_gpus: int) -> bool:
    return node_gpus % instance_gpus == 0 or instance_gpus % node_gpus == 0
