"""Calibrate the roofline against the catalogue and publish its errors: ``python benchmarks/analytic_error.py``.

Writes models/roofline.csv and the tables in docs/analytic.md. Per GPU and role, seven factors are fitted to the
logarithm of the time of every tensor-parallel point without speculative decoding (soft L1 loss, each LLM of equal
weight, a weak pull towards usual values). Errors are those on an LLM that was left out of the fit, together with its
siblings of the same layers and hidden size; for GPUs that nobody has profiled, those on an LLM and a GPU architecture
that were both left out, with the geometric mean of the other GPUs' factors.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from pdopt.catalogue.analytic.calibration import ANY, COLUMNS, FILE
from pdopt.catalogue.analytic.hardware import dimensions, specification
from pdopt.catalogue.analytic.roofline import Factors, Instance, Work, decode_work, prefill_work, seconds
from pdopt.catalogue.card import read_card
from pdopt.fleet.gpus import read_gpus

ROOT = Path(__file__).resolve().parents[1]
MODELS = ROOT / "models"
PAGE = ROOT / "docs" / "analytic.md"
ROLES = ("prefill", "decode")
NAMES = ("compute", "narrow", "memory", "link", "experts", "layer_s", "reduction_s")
USUAL = np.log([0.55, 0.45, 0.7, 0.4, 0.8, 4e-5, 6e-6])
LEAST = np.log([0.02, 0.02, 0.05, 0.02, 0.1, 1e-7, 1e-8])
MOST = np.log([1, 1, 1, 1.5, 1.5, 1e-3, 2e-4])
PULL = 0.5  # of the usual values, against 100 for the points
BEND = 0.2  # where the loss turns from square to linear
LEFT_OUT = {"h100-sxm-capped"}  # derived from the uncapped GPU, not measured
LEAST_LLMS = 3  # for a GPU to have factors of its own


@dataclass(frozen=True)
class Point:
    """One row of the catalogue: the work it is, the time it takes."""

    llm: str
    family: tuple[int, float]
    gpu: str
    kind: str
    work: Work
    time_s: float


def points(role: str) -> list[Point]:
    """Every usable row of a role."""
    known, found = read_gpus([MODELS / "gpus.csv"]), []
    for folder in sorted(path for path in (MODELS / "llms").iterdir() if (path / f"{role}.csv").exists()):
        llm = dimensions(folder.name, read_card(folder))
        with (folder / f"{role}.csv").open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                weights, _, kv = row["precision"].partition("-kv-")
                kv = kv or {"fp16": "bf16"}.get(weights, weights)
                unusable = int(row["dp"] or 1) > 1 or "MTP" in row["source"] or row["kind"] == "analytic"
                if unusable or row["gpu"] in LEFT_OUT or weights not in llm.weight_bytes or kv not in llm.kv_bytes:
                    continue
                one = Instance(llm, specification(known[row["gpu"]]), int(row["gpus"]), weights, kv)
                tokens = float(row["input_tokens"])
                if role == "prefill":
                    work, time_s = prefill_work(one, tokens), tokens / float(row["tokens_per_s"])
                else:
                    context = tokens + float(row["output_tokens"]) / 2
                    work, time_s = decode_work(one, context, float(row["batch"])), float(row["tpot_ms"]) / 1e3
                family = (llm.layers, llm.hidden)
                found.append(Point(folder.name, family, row["gpu"], row["kind"], work, time_s))
    return found


def columns(chosen: list[Point]) -> list[np.ndarray]:
    """The work of many points, a column each."""
    names = ("compute_s", "memory_s", "link_s", "layers", "reductions", "narrow", "experts")
    return [np.array([getattr(p.work, name) for p in chosen], float) for name in names]


def times_s(x: np.ndarray, work: list[np.ndarray]) -> np.ndarray:
    """`seconds` of many points at once; `check` holds the two together."""
    compute, narrow, memory, link, experts, layer_s, reduction_s = np.exp(x)
    compute_s = work[0] / np.where(work[5] > 0, narrow, compute)
    roof = np.maximum(compute_s, work[1] / memory) / np.where(work[6] > 0, experts, 1.0)
    return roof + work[2] / link + work[3] * layer_s + work[4] * reduction_s


def check(chosen: list[Point], x: np.ndarray) -> None:
    """Make sure that what is fitted is what pdopt computes."""
    factors = Factors(*np.exp(x))
    mine = [seconds(p.work, factors) for p in chosen[::97]]
    np.testing.assert_allclose(mine, times_s(x, columns(chosen[::97])), rtol=1e-9)


def fit(chosen: list[Point]) -> np.ndarray:
    """Logarithms of the seven factors."""
    work, log_time = columns(chosen), np.log([p.time_s for p in chosen])
    _, inverse, counts = np.unique([p.llm for p in chosen], return_inverse=True, return_counts=True)
    weight = np.sqrt(100 / len(counts) / counts[inverse])

    def residuals(x: np.ndarray) -> np.ndarray:
        return np.concatenate([weight * (np.log(times_s(x, work)) - log_time), PULL * (x - USUAL)])

    return least_squares(residuals, USUAL, bounds=(LEAST, MOST), loss="soft_l1", f_scale=BEND).x


def errors(x: np.ndarray, chosen: list[Point], role: str) -> list[tuple[Point, float]]:
    """Relative errors: of the throughput for prefill, of TPOT for decode."""
    ratio = times_s(x, columns(chosen)) / np.array([p.time_s for p in chosen])
    return list(zip(chosen, 1 / ratio - 1 if role == "prefill" else ratio - 1, strict=True))


def families(chosen: list[Point]) -> list[tuple[int, float]]:
    """LLMs of the same layers and hidden size are of one family: to have seen one is to have seen the other."""
    return sorted({p.family for p in chosen})


def without(chosen: list[Point], family: tuple[int, float]) -> list[Point]:
    """Points of the other families."""
    return [p for p in chosen if p.family != family]


def calibrate(role: str) -> tuple[list[dict[str, object]], list[tuple[Point, float]]]:
    """Fit every GPU; give the table's rows and the left-out errors, those of GPUs without factors of their own too."""
    by_gpu: dict[str, list[Point]] = defaultdict(list)
    for point in points(role):
        by_gpu[point.gpu].append(point)
    own = {gpu: chosen for gpu, chosen in sorted(by_gpu.items()) if len({p.llm for p in chosen}) >= LEAST_LLMS}
    fits = {gpu: fit(chosen) for gpu, chosen in own.items()}
    for gpu, x in fits.items():
        check(own[gpu], x)
    blind = {(gpu, family): fit(without(own[gpu], family)) for gpu in own for family in families(own[gpu])}
    found: dict[str, list[tuple[Point, float]]] = defaultdict(list)
    abroad: dict[str, list[tuple[Point, float]]] = defaultdict(list)
    for gpu, chosen in by_gpu.items():
        for family in families(chosen):
            mine = [p for p in chosen if p.family == family]
            foreign = [blind.get((g, family), fits[g]) for g in own if architecture(g) != architecture(gpu)]
            abroad[gpu] += errors(np.mean(foreign, axis=0), mine, role)
            if gpu in own:
                found[gpu] += errors(blind[gpu, family], mine, role)
    table = [_row(gpu, role, fits[gpu], found[gpu], "one family of LLMs left out") for gpu in own]
    every = [pair for pairs in abroad.values() for pair in pairs]
    how = "one family of LLMs and one GPU architecture left out; geometric mean of the GPUs above"
    table.append(_row(ANY, role, np.mean(list(fits.values()), axis=0), every, how))
    return table, [pair for gpu in by_gpu for pair in (found[gpu] or abroad[gpu])]


def architecture(gpu: str) -> str:
    """Hopper, Ampere: the first word of the column."""
    with (MODELS / "gpus.csv").open(encoding="utf-8", newline="") as stream:
        return next(row["arch"].split()[0] for row in csv.DictReader(stream) if row["gpu"] == gpu)


def _row(gpu: str, role: str, x: np.ndarray, found: list[tuple[Point, float]], how: str) -> dict[str, object]:
    factors = dict(zip(NAMES, np.exp(x), strict=True))
    size = np.abs([error for _, error in found])
    return {
        "gpu": gpu,
        "role": role,
        **{name: f"{factors[name]:.3f}" for name in NAMES[:5]},
        "layer_us": f"{factors['layer_s'] * 1e6:.2f}",
        "reduction_us": f"{factors['reduction_s'] * 1e6:.2f}",
        "median_error": f"{np.median(size):.3f}",
        "p90_error": f"{np.quantile(size, 0.9):.3f}",
        "points": len(found),
        "llms": len({p.llm for p, _ in found}),
        "date": date.today().isoformat(),
        "how": how,
    }


def error_table(rows: list[dict[str, object]]) -> str:
    """Errors per GPU, both roles side by side."""
    by_gpu: dict[str, dict[str, dict[str, object]]] = defaultdict(dict)
    for row in rows:
        by_gpu[str(row["gpu"])][str(row["role"])] = row
    lines = [
        "| GPU | LLMs | prefill throughput: median | p90 | TPOT: median | p90 | points |",
        "|---|---|---|---|---|---|---|",
    ]
    for gpu, roles in by_gpu.items():
        cells = [f"{100 * float(str(roles[r][e])):.0f} %" for r in ROLES for e in ("median_error", "p90_error")]
        count = sum(int(str(roles[r]["points"])) for r in ROLES)
        name = "a GPU that is not listed" if gpu == ANY else gpu
        lines.append(f"| {name} | {roles['decode']['llms']} | {' | '.join(cells)} | {count:,} |")
    return "\n".join(lines)


def llm_table(found: dict[str, list[tuple[Point, float]]]) -> str:
    """Errors per LLM, and those against measurements alone."""
    lines = [
        "| LLM | rows are | prefill: median | of it bias | TPOT: median | of it bias |",
        "|---|---|---|---|---|---|",
    ]
    keys = sorted({(p.llm, p.kind) for pairs in found.values() for p, _ in pairs})
    for llm, kind in keys:
        cells = []
        for role in ROLES:
            signed = [error for p, error in found[role] if (p.llm, p.kind) == (llm, kind)]
            cells += (
                [f"{100 * np.median(np.abs(signed)):.0f} %", f"{100 * np.median(signed):+.0f} %"]
                if signed
                else ["", ""]
            )
        lines.append(f"| {llm} | {kind} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Fit, write the factors, write the page's tables."""
    rows, found = [], {}
    for role in ROLES:
        table, found[role] = calibrate(role)
        rows += table
    rows.sort(key=lambda row: (row["gpu"] == ANY, row["gpu"], ROLES.index(str(row["role"]))))
    with (MODELS / FILE).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    text = PAGE.read_text(encoding="utf-8")
    for name, table_text in (("gpus", error_table(rows)), ("llms", llm_table(found))):
        text = re.sub(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", rf"\g<1>{table_text}\n\g<2>", text, flags=re.S)
    PAGE.write_text(text, encoding="utf-8")
    print(error_table(rows), llm_table(found), sep="\n\n")


if __name__ == "__main__":
    main()
