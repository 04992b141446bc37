"""Fleets by name, from one LLM to two hundred."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

import yaml
from benchmarks.scale.fleets import document

import pdopt
from pdopt.fleet.fleet import Fleet


class Size(NamedTuple):
    llms: int
    skus: int
    periods: int = 1
    tight: float = 0.0  # nodes per LLM in stock, of all SKUs together; 0: as many as are wanted
    seed: int = 0


SIZES = {
    "S": Size(1, 4),
    "M": Size(10, 10),
    "M-b": Size(10, 10, seed=1),
    "M-c": Size(10, 10, seed=2),
    "M-d": Size(10, 10, seed=3),
    "M-tight": Size(10, 10, tight=3.0),
    "M-day": Size(10, 10, 24),
    "L": Size(100, 10),
    "L-tight": Size(100, 10, tight=5.0),
    "L-day": Size(100, 10, 24),
    "XL": Size(200, 12),
    "XL-day": Size(200, 12, 24),
}


def written(size: Size, seed: int, folder: Path) -> Path:
    """Write a fleet file."""
    file = folder / f"{size.llms}-{size.skus}-{size.periods}-{seed}.yaml"
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    content = document(size.llms, size.skus, size.periods, seed, tight=size.tight)
    file.write_text(yaml.dump(content, Dumper=dumper, sort_keys=False), encoding="utf-8")
    return file


def fleet(name: str, seed: int) -> Fleet:
    """Give a fleet by the name of its size."""
    with tempfile.TemporaryDirectory() as folder:
        return pdopt.read_fleet(written(SIZES[name], seed, Path(folder)))
