"""Predict each measured deployment from profiles that do not contain it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.accuracy.closed_loop import ClosedLoop, DecodePool, closed_loop
from benchmarks.accuracy.deployments import HERE, Measured, Side

from pdopt.capacity.decode import batch_curve
from pdopt.capacity.prefill import PrefillTask, service_s
from pdopt.capacity.refusal import OutOfRange
from pdopt.catalogue.aic.layout import Layout
from pdopt.fleet.fleet import Target, Workload
from pdopt.fleet.profiles import DecodeCurve, DecodeProfile, PrefillProfile, Shape

CATALOGUE = HERE.parents[1] / "models" / "llms"
OWN = HERE / "profiles"
TAINTED = ("silicon_sample", "InferenceX", "NVIDIA sweep")  # sources that hold the measured deployments


class NoProfile(LookupError):  # noqa: N818 - an answer, not a fault
    """No profile fits a deployment; the sentence says what is missing."""


@dataclass(frozen=True)
class Profiles:
    """The profiles of one deployment and where they come from: "catalogue" or "computed here"."""

    prefill: PrefillProfile
    decode: DecodeProfile
    origin: str


@dataclass(frozen=True)
class Prediction:
    """A measured deployment beside what pdopt predicts for it.

    ``idle_s`` is one prompt's prefill on an idle queue, ``largest_batch`` the most requests that a decode instance was
    computed for, or that its KV memory holds.
    """

    measured: Measured
    predicted: ClosedLoop
    idle_s: float
    largest_batch: float
    origin: str


def workload(d: Measured, cv2: float | None = None, targets: tuple[Target, ...] = ()) -> Workload:
    """Give the workload of a deployment, at its measured throughput."""
    return Workload(
        name="measured",
        llm=d.llm,
        input_tokens=d.input_tokens,
        output_tokens=d.output_tokens,
        cached_tokens=0.0,
        demand_rps=d.throughput_rps,
        prefill_service_cv2=d.cv2 if cv2 is None else cv2,
        targets=targets,
    )


def predict(d: Measured, cv2: float | None = None) -> Prediction:
    """Solve the closed loop of one deployment.

    Raises
    ------
    NoProfile
        No profile fits one of its sides, or none reaches its lengths.
    """
    found, load = profiles(d), workload(d, cv2)
    try:
        task = PrefillTask(service_s(found.prefill, load), load.prefill_service_cv2, 0.0, d.prefill.dp, ())
        curve = batch_curve(found.decode, load)
    except OutOfRange as why:
        raise NoProfile(str(why)) from why
    pool = DecodePool(curve, d.decode_instances, d.output_tokens - 1)
    loop = closed_loop(task, d.prefill_instances, pool, d.concurrency)
    return Prediction(d, loop, task.service_s, float(curve.batches[-1]), found.origin)


def profiles(d: Measured) -> Profiles:
    """Find the profiles of both sides: in the catalogue, else among those computed for this comparison."""
    for origin, folder in (("catalogue", CATALOGUE), ("computed here", OWN)):
        one, other = _rows(folder, d.llm, "prefill", d.prefill), _rows(folder, d.llm, "decode", d.decode)
        if one and other:
            return Profiles(_prefill(one, d.prefill), _decode(other, d.decode), origin)
    raise NoProfile(
        "no data for " + " or ".join(sorted({Layout(s.tp, s.dp, s.ep).name for s in (d.prefill, d.decode)}))
    )


def in_catalogue(d: Measured) -> bool:
    """Whether the catalogue has profiles of both sides."""
    return all(_rows(CATALOGUE, d.llm, role, side) for role, side in (("prefill", d.prefill), ("decode", d.decode)))


def _rows(folder: Path, llm: str, role: str, side: Side) -> list[dict[str, str]]:
    layout = Layout(side.tp, side.dp, side.ep)
    key = (side.gpu, str(side.gpus), layout.name, side.engine)
    return _by_shape(folder / llm / f"{role}.csv").get(key, [])


@cache
def _by_shape(file: Path) -> dict[tuple[str, str, str, str], list[dict[str, str]]]:
    found: dict[tuple[str, str, str, str], list[dict[str, str]]] = {}
    if file.exists():
        with file.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                if not any(word in row["source"] for word in TAINTED):
                    found.setdefault((row["gpu"], row["gpus"], row["parallelism"], row["engine"]), []).append(row)
    return found


def _shape(rows: list[dict[str, str]], side: Side) -> Shape:
    precisions = {row["precision"] for row in rows}
    assert len(precisions) == 1, precisions
    return Shape(side.gpu, side.gpus, rows[0]["parallelism"], side.dp, side.engine, precisions.pop())


def _prefill(rows: list[dict[str, str]], side: Side) -> PrefillProfile:
    points = sorted((float(row["input_tokens"]), float(row["tokens_per_s"])) for row in rows)
    lengths, speeds = zip(*points, strict=True)
    return PrefillProfile(_shape(rows, side), lengths, speeds)


def _decode(rows: list[dict[str, str]], side: Side) -> DecodeProfile:
    curves = []
    for lengths in sorted({(float(row["input_tokens"]), float(row["output_tokens"])) for row in rows}):
        mine = [row for row in rows if (float(row["input_tokens"]), float(row["output_tokens"])) == lengths]
        batches, tpots = zip(*sorted((float(r["batch"]), float(r["tpot_ms"]) / 1e3) for r in mine), strict=True)
        curves.append(DecodeCurve(*lengths, batches, tpots))
    kept = [float(row["kv_tokens"]) for row in rows if row["kv_tokens"]]
    return DecodeProfile(_shape(rows, side), tuple(curves), min(kept) if kept else None)
