"""Compute the profiles that the catalogue lacks: ``python -m benchmarks.accuracy.compute_profiles`` (pdopt[aic]).

Writes profiles/<llm>/prefill.csv and decode.csv beside this file: for every instance shape of the measured
deployments, what ``pdopt profile aic`` computes from kernel timings, uncalibrated and without speculative decoding.
Needs AISimulate (0.13.0.dev202610270000000085 was used); the accuracy run itself needs neither.
"""

from __future__ import annotations

import csv
from pathlib import Path

from benchmarks.accuracy.deployments import HERE, HF, Side, deployments
from benchmarks.accuracy.predict import in_catalogue

from pdopt.catalogue.aic import curves
from pdopt.catalogue.aic.layout import Layout, Quantisation
from pdopt.catalogue.aic.request import Request
from pdopt.catalogue.aic.sdk import AicRefusal, Sdk, load

MODES = {  # the catalogue's: the attention that the engines run, and that there is data for
    "deepseek-v3": Quantisation(kv="bfloat16", fmha="bfloat16"),
    "deepseek-v3.1-nvfp4": Quantisation(kv="fp8", fmha="bfloat16"),
    "kimi-k2.5-nvfp4": Quantisation(kv="fp8", fmha="bfloat16"),
    "qwen3-32b-nvfp4": Quantisation(gemm="nvfp4"),  # the SDK knows the LLM, not this checkpoint of it
}


def request_of(llm: str, side: Side) -> Request:
    """Give what is asked for one shape: the points of the catalogue."""
    wanted = MODES.get(llm, Quantisation())
    return Request(HF[llm], side.gpu, side.engine, Layout(side.tp, side.dp, side.ep), wanted=wanted)


def missing_shapes(sdk: Sdk) -> dict[str, dict[str, list[dict[str, object]]]]:
    """Compute every distinct shape that the catalogue lacks; say which ones there is no data for."""
    found: dict[str, dict[str, list[dict[str, object]]]] = {}
    wanted = {(d.llm, side) for d in deployments() if not in_catalogue(d) for side in (d.prefill, d.decode)}
    for llm, side in sorted(wanted, key=str):
        try:
            rows = curves.compute(sdk, request_of(llm, side)).rows
        except AicRefusal as refusal:
            print(f"{llm} {side}: {refusal}", flush=True)
            continue
        print(f"{llm} {side}: {len(rows['prefill'])} + {len(rows['decode'])} rows", flush=True)
        for role in rows:
            found.setdefault(llm, {}).setdefault(role, []).extend(rows[role])
        write(HERE / "profiles", llm, found[llm])
    return found


def write(folder: Path, llm: str, tables: dict[str, list[dict[str, object]]]) -> None:
    """Write the tables of one LLM."""
    (folder / llm).mkdir(parents=True, exist_ok=True)
    for role, rows in tables.items():
        with (folder / llm / f"{role}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    # Comparing all engines at every shape takes hours; benchmarks.accuracy.run tells which profiles are far off.
    curves.suspicion = lambda *_: []
    missing_shapes(load())
