"""Relative errors of predictions, pdopt's and AIConfigurator's, and their summary."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from benchmarks.accuracy.deployments import HERE
from benchmarks.accuracy.predict import Prediction


@dataclass(frozen=True)
class Estimate:
    """What AIConfigurator says of one deployment; the last two are what one instance of a role carries at most."""

    ttft_s: float
    tpot_s: float
    throughput_rps: float
    prefill_rps: float
    decode_rps: float


METRICS: dict[str, str] = {"TPOT": "tpot_s", "requests/s": "throughput_rps", "TTFT": "ttft_s"}


def aiconfigurator() -> dict[str, Estimate]:
    """Read AIConfigurator's own estimates, by deployment."""
    with (HERE / "aiconfigurator.csv").open(encoding="utf-8", newline="") as stream:
        return {row["id"]: _estimate(row) for row in csv.DictReader(stream) if not row["refused"]}


def _estimate(row: dict[str, str]) -> Estimate:
    rates = (float(row[key]) for key in ("requests_per_s", "prefill_rps", "decode_rps"))
    return Estimate(float(row["ttft_ms"]) / 1e3, float(row["tpot_ms"]) / 1e3, *rates)


def refusals() -> dict[str, str]:
    """Read why AIConfigurator gives no estimate, by deployment."""
    with (HERE / "aiconfigurator.csv").open(encoding="utf-8", newline="") as stream:
        return {row["id"]: row["refused"] for row in csv.DictReader(stream) if row["refused"]}


@dataclass(frozen=True)
class Summary:
    """Median and 90th percentile of absolute relative errors, and the median signed one."""

    points: int
    median: float
    p90: float
    bias: float

    @property
    def cells(self) -> tuple[str, str, str]:
        """Three cells of a table."""
        if not self.points:
            return "–", "–", "–"
        return f"{100 * self.median:.0f} %", f"{100 * self.p90:.0f} %", f"{100 * self.bias:+.0f} %"


def summary(errors: Iterable[float]) -> Summary:
    """Summarise signed relative errors."""
    signed = np.array(list(errors), float)
    if not signed.size:
        return Summary(0, np.nan, np.nan, np.nan)
    size = np.abs(signed)
    return Summary(len(signed), float(np.median(size)), float(np.quantile(size, 0.9)), float(np.median(signed)))


def errors(predictions: Iterable[Prediction], metric: str, of: Callable[[Prediction], object]) -> list[float]:
    """Relative errors predicted / measured - 1 of one metric; `of` gives whose estimate counts (None: left out)."""
    found = []
    for prediction in predictions:
        estimate = of(prediction)
        if estimate is not None:
            found.append(getattr(estimate, metric) / getattr(prediction.measured, metric) - 1)
    return found


def groups(predictions: Iterable[Prediction], key: Callable[[Prediction], str]) -> dict[str, list[Prediction]]:
    """Predictions by what `key` says of them, in the order of the words."""
    found: dict[str, list[Prediction]] = {}
    for prediction in predictions:
        found.setdefault(key(prediction), []).append(prediction)
    return dict(sorted(found.items()))


def kind(prediction: Prediction) -> str:
    """What sets a deployment apart, as far as it explains its errors."""
    d = prediction.measured
    if not d.cv2:
        return "NVIDIA's sweep (one length)"
    if d.decode.dp > 8:
        return "decode over 16 or 32 ranks"
    if prediction.predicted.batch > prediction.largest_batch:
        return "batch past the computed KV memory"
    return "all others"


def mended(predictions: list[Prediction]) -> list[float]:
    """Errors of TPOT when each is scaled by the median of measured / predicted of the other deployments given.

    A deployment is its counts, shapes and lengths: the same one at other concurrencies is left out with it.
    """
    found = []
    for one in predictions:
        others = [p for p in predictions if p.measured.deployment != one.measured.deployment]
        if others:
            scale = np.median([p.measured.tpot_s / p.predicted.tpot_s for p in others])
            found.append(float(scale * one.predicted.tpot_s / one.measured.tpot_s - 1))
    return found


def repeats(predictions: Iterable[Prediction], metric: str) -> list[float]:
    """Largest over smallest measured value, of deployments measured more than once at one concurrency."""
    found: dict[object, list[float]] = {}
    for p in predictions:
        found.setdefault((p.measured.deployment, p.measured.concurrency), []).append(getattr(p.measured, metric))
    return [max(values) / min(values) for values in found.values() if len(values) > 1]
