"""``limits.forbid`` and ``limits.require`` → rules, every name in them checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pdopt.fleet.entries.sites import RuleEntry
from pdopt.fleet.faults import Complaints, Path, did_you_mean
from pdopt.fleet.fields import validate
from pdopt.fleet.rules import Rule


def read_rules(raw: dict[str, Any], key: str, complaints: Complaints) -> tuple[Rule, ...]:
    """Read the rules under ``limits.forbid`` or ``limits.require``."""
    limits = raw.get("limits")
    written = limits.get(key) if isinstance(limits, dict) else None
    return tuple(_rules(raw, written if isinstance(written, list) else [], ("limits", key), complaints))


def _rules(raw: dict[str, Any], written: list[Any], path: Path, complaints: Complaints) -> Iterator[Rule]:
    known = _known(raw)
    for i, value in enumerate(written):
        entry = validate(RuleEntry, value, (*path, i), complaints)
        for kind, (section, names) in known.items():
            name = value.get(kind) if isinstance(value, dict) else None
            if isinstance(name, str | int | float) and str(name) not in names:
                complaints.add((*path, i, kind), f"{name!r} is not {section}; {did_you_mean(str(name), names)}")
        if entry is not None:
            yield Rule(entry.model, entry.role, entry.sku, entry.gpu, entry.prefill, entry.decode)


def _known(raw: dict[str, Any]) -> dict[str, tuple[str, set[str]]]:
    """Give what each key of a rule may name: in words, and the names."""
    models, skus = (raw[k] if isinstance(raw.get(k), dict) else {} for k in ("models", "skus"))
    gpus = {str(entry["gpu"]) for entry in skus.values() if isinstance(entry, dict) and entry.get("gpu")}
    one_of_skus = ("one of skus", {str(name) for name in skus})
    return {
        "model": ("one of models", {str(name) for name in models}),
        "sku": one_of_skus,
        "prefill": one_of_skus,
        "decode": one_of_skus,
        "gpu": ("a GPU of any SKU", gpus),
    }
