"""Dynamo's SLA profiler: the raw_data.npz of its prefill and decode interpolations, or their folder.

Prefill: TTFT in milliseconds of one request alone. Decode: milliseconds per token and throughput per GPU on a grid
of contexts and KV usage. The profiler varies the input and always asks for 500 output tokens; its context is the
input and half of the output.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pdopt.catalogue.measured.measurement import Latency, Measurement
from pdopt.catalogue.measured.parsing import beside

NAME = "dynamo profiler"
OUTPUT_TOKENS = 500.0


def detects(path: Path, head: str) -> bool:
    """Whether the file holds the profiler's arrays, or the folder such files."""
    if path.is_dir():
        return any(_arrays(file) for file in path.glob("selected_*_interpolation/raw_data.npz"))
    return _arrays(path)


def read(path: Path) -> list[Measurement]:
    """Give every point of both interpolations."""
    files = sorted(path.glob("selected_*_interpolation/raw_data.npz")) if path.is_dir() else [path]
    return [point for file in files for point in _points(file)]


def _arrays(path: Path) -> bool:
    if path.suffix != ".npz" or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
    return {"prefill_isl.npy", "prefill_ttft.npy"} <= names or {"y_context_length.npy", "z_itl.npy"} <= names


def _points(path: Path) -> Iterator[Measurement]:
    import numpy as np

    with np.load(path, allow_pickle=False) as arrays:
        found = {key: arrays[key].tolist() for key in arrays}
    source = beside(path)
    if "prefill_isl" in found:
        for isl, ttft_ms in zip(found["prefill_isl"], found["prefill_ttft"], strict=True):
            ttft = Latency(mean=ttft_ms / 1e3)
            yield Measurement(source, NAME, phase="prefill", isl=isl, osl=1.0, concurrency=1.0, ttft=ttft)
    if "z_itl" in found:
        yield from _decode_points(found, source)


def _decode_points(found: dict[str, Any], source: str) -> Iterator[Measurement]:
    """Give the grid's points; `concurrency` is what the KV usage amounts to, the requests the profiler sent."""
    kv_tokens = found["max_kv_tokens"][0] if found.get("max_kv_tokens") else None
    columns = (found[key] for key in ("x_kv_usage", "y_context_length", "z_itl", "z_thpt_per_gpu"))
    for usage, context, itl_ms, per_gpu in zip(*columns, strict=True):
        yield Measurement(
            source,
            NAME,
            phase="decode",
            isl=context - OUTPUT_TOKENS / 2,
            osl=OUTPUT_TOKENS,
            concurrency=usage * kv_tokens / context if kv_tokens else None,
            tpot=Latency(mean=itl_ms / 1e3),
            output_tps=per_gpu,
            per_gpu=True,
            given={"kv_tokens": str(kv_tokens)} if kv_tokens else {},
        )
