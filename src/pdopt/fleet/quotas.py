"""The section ``quotas`` and ``limits.prefer``: who may use how many GPUs, and what to use first; names checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pdopt.fleet.entries import QuotaEntry
from pdopt.fleet.faults import Complaints, Path, did_you_mean
from pdopt.fleet.fields import validate
from pdopt.fleet.fleet import Quota, Sku

SECTIONS = {"models": "models", "skus": "skus", "site": "sites"}


def read_quotas(raw: dict[str, Any], skus: dict[str, Sku], complaints: Complaints) -> tuple[Quota, ...]:
    """Read the quotas, each with the names of the SKUs that it counts."""
    section = raw.get("quotas")
    if section is None and "quotas" not in raw:
        return ()
    if not isinstance(section, dict) or not section:
        example = "{team-a: {models: [llama], gpus: 64}}"
        complaints.add(("quotas",), f"must be a mapping of names, such as {example}; got {section!r}")
        return ()
    return tuple(quota for name, value in section.items() for quota in _quota(name, value, (raw, skus), complaints))


def read_preference(raw: dict[str, Any], complaints: Complaints) -> tuple[str, ...]:
    """Read the SKUs of ``limits.prefer``, each once."""
    limits, skus = raw.get("limits"), raw.get("skus")
    written = limits.get("prefer") if isinstance(limits, dict) else None
    known = {str(name) for name in skus} if isinstance(skus, dict) else set()
    for step, name in _names(written):
        if name not in known:
            complaints.add(("limits", "prefer", *step), f"{name!r} is not one of skus; {did_you_mean(name, known)}")
    return tuple(dict.fromkeys(name for _, name in _names(written)))


def _quota(
    name: str, value: object, fleet: tuple[dict[str, Any], dict[str, Sku]], complaints: Complaints
) -> Iterator[Quota]:
    (raw, skus), path = fleet, ("quotas", name)
    before = len(complaints.faults)
    entry = validate(QuotaEntry, value, path, complaints)
    if isinstance(value, dict):
        _check_names(raw, skus, value, path, complaints)
    if entry is None or len(complaints.faults) > before:
        return
    counted = [
        sku.name
        for sku in skus.values()
        if (entry.skus is None or sku.name in entry.skus)
        and (entry.gpu is None or sku.gpu == entry.gpu)
        and (entry.site is None or sku.site == entry.site)
    ]
    if skus and not counted:
        complaints.add(path, "counts no SKU: none is all that it names; leave out skus, gpu or site")
    yield Quota(name, tuple(counted), tuple(dict.fromkeys(entry.models or ())), entry.gpus, entry.nodes)


def _check_names(
    raw: dict[str, Any], skus: dict[str, Sku], value: dict[str, Any], path: Path, complaints: Complaints
) -> None:
    for key, section in SECTIONS.items():
        known = {str(name) for name in raw[section]} if isinstance(raw.get(section), dict) else set()
        for step, name in _names(value.get(key)):
            if name not in known:
                complaints.add((*path, key, *step), f"{name!r} is not one of {section}; {did_you_mean(name, known)}")
    gpus = {sku.gpu for sku in skus.values()}
    for step, name in _names(value.get("gpu")):
        if gpus and name not in gpus:
            complaints.add((*path, "gpu", *step), f"{name!r} is not a GPU of any SKU; {did_you_mean(name, gpus)}")


def _names(written: object) -> Iterator[tuple[Path, str]]:
    for i, name in enumerate(written if isinstance(written, list) else [written]):
        if isinstance(name, str | int | float) and not isinstance(name, bool):
            yield (i,) if isinstance(written, list) else (), str(name)
