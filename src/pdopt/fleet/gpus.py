"""What GPUs are: ``gpus.csv`` of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path as FilePath
from typing import Annotated

from pydantic import ConfigDict, Field

from pdopt.fleet.fields import Count, Entry, Positive, Text
from pdopt.fleet.rows import Maybe
from pdopt.fleet.tables import read_csv


class Gpu(Entry):
    """A GPU type; columns that pdopt does not compute with are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    gpu: Text = Field(description="the GPU type, as the profiles name it (h200-sxm)")
    memory_gib: Positive = Field(description="memory in GiB")
    memory_bw_tb_s: Positive = Field(description="memory bandwidth in TB/s")
    bf16_dense_tflops: Maybe = None
    fp8_dense_tflops: Maybe = None
    fp4_dense_tflops: Maybe = None
    nvlink_gb_s: float | None = Field(None, description="NVLink, both ways together; blank or 0 for PCIe alone")
    gpus_per_node: Annotated[Count, Field(description="the GPUs of a whole machine")]

    def fastest_tflops(self, bits: int) -> float | None:
        """Dense TFLOPS that weights of so many bits may be computed with, or None where they are not known."""
        if bits <= 4 and self.fp4_dense_tflops:
            return self.fp4_dense_tflops
        if bits <= 8 and self.fp8_dense_tflops:
            return self.fp8_dense_tflops
        return self.bf16_dense_tflops


def read_gpus(files: Iterable[FilePath]) -> dict[str, Gpu]:
    """Give GPU types by name; the first file to describe one wins."""
    known: dict[str, Gpu] = {}
    for file in files:
        for found in read_csv(file, Gpu):
            known.setdefault(found.row.gpu, found.row)
    return known
