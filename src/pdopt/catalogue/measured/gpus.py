"""GPU names as the catalogue writes them."""

from __future__ import annotations

import csv

from pdopt.catalogue.folder import packaged_models


def known_gpus() -> list[str]:
    """Give the names of ``gpus.csv``."""
    with (packaged_models() / "gpus.csv").open(encoding="utf-8", newline="") as stream:
        return [row["gpu"] for row in csv.DictReader(stream)]


def catalogue_name(text: str) -> str:
    """Give the catalogue's name of a GPU that a file calls "H200", or "" where several might be meant (H100)."""
    word = text.strip().lower()
    known = known_gpus()
    near = [name for name in known if name.startswith(f"{word}-")]
    return word if word in known else near[0] if word and len(near) == 1 else ""
