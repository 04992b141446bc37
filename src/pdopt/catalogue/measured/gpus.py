"""GPU names as the catalogue writes them."""

from __future__ import annotations

import csv

from pdopt.catalogue.folder import packaged_models
from pdopt.fleet.faults import did_you_mean


def known_gpus() -> list[str]:
    """Give the names of ``gpus.csv``."""
    with (packaged_models() / "gpus.csv").open(encoding="utf-8", newline="") as stream:
        return [row["gpu"] for row in csv.DictReader(stream)]


def catalogue_name(text: str) -> str:
    """Give the catalogue's name of a GPU that a file calls "H200", or "" where several might be meant (H100)."""
    near = _variants(text)
    return near[0] if len(near) == 1 else ""


def unknown_gpu(text: str) -> str | None:
    """Say so if no GPU is called that, and which might be meant."""
    known = known_gpus()
    if text in known:
        return None
    near = _variants(text)
    hint = f"did you mean {' or '.join(near)}?" if near else did_you_mean(text, known)
    return f"no GPU of models/gpus.csv is called {text}; {hint}"


def _variants(text: str) -> list[str]:
    """Give the GPU of that name, or else all whose names begin with it (h100 → h100-sxm, h100-pcie)."""
    word, known = text.strip().lower(), known_gpus()
    return [word] if word in known else [name for name in known if word and name.startswith(f"{word}-")]
