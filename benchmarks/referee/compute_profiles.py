"""Compute decode curves with their steps: ``python -m benchmarks.referee.compute_profiles`` (pdopt[aic]).

The catalogue has fourteen batches a curve; a step such as the one from 64 to 65 requests lies between two of them and
is drawn as a slope. These profiles have the batches on both sides of every step, at the contexts of the two cases,
as ``pdopt profile aic`` computes them. Needs AISimulate (0.13.0.dev202610270000000085 was used); the referee's run
reads the tables.
"""

from __future__ import annotations

from benchmarks.accuracy.compute_profiles import write
from benchmarks.referee.cases import FINE, HERE

from pdopt.catalogue.aic import curves
from pdopt.catalogue.aic.layout import Layout
from pdopt.catalogue.aic.request import Request
from pdopt.catalogue.aic.sdk import load

MODEL, GPU = "Qwen/Qwen3-32B-FP8", "h200-sxm"
POINTS = {  # lengths of prefill, contexts of decode
    "sglang": ((4096, 6144, 8192), (6144, 8192)),
    "trtllm": ((2048, 4000, 6144), (4096, 4500)),
}
EDGES = (16, 24, 32, 48, 64, 80, 96, 128, 160, 192, 256)  # where kernels or captured graphs change
BETWEEN = (1, 2, 4, 8, 12, 20, 28, 36, 40, 44, 52, 56, 60, 72, 88, 104, 112, 120, 136, 144, 176, 208, 224, 240, 288)
BATCHES = tuple(sorted({*BETWEEN, *EDGES, *(edge + 1 for edge in EDGES), 320, 384}))


def main() -> None:
    """Compute every shape that the cases may use."""
    sdk, found = load(), {}
    for engine, (lengths, contexts) in POINTS.items():
        for tp in (1, 2, 4):
            asked = Request(MODEL, GPU, engine, Layout(tp), lengths=lengths, contexts=contexts, batches=BATCHES)
            for role, rows in curves.compute(sdk, asked).rows.items():
                found.setdefault(role, []).extend(rows)
    write(HERE / "profiles", FINE, found)


if __name__ == "__main__":
    main()
