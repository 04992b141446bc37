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
    """TTFT, TPOT (seconds) and requests per second of one deployment, whoever says so."""

    ttft_s: float
    tpot_s: float
    throughput_rps: float


METRICS: dict[str, str] = {"TPOT": "tpot_s", "requests/s": "throughput_rps", "TTFT": "ttft_s"}


def aiconfigurator() -> dict[str, Estimate]:
    """Read AIConfigurator's own estimates, by deployment."""
    with (HERE / "aiconfigurator.csv").open(encoding="utf-8", newline="") as stream:
        return {
            row["id"]: Estimate(
                float(row["ttft_ms"]) / 1e3, float(row["tpot_ms"]) / 1e3, float(row["requests_per_s"])
            )
            for row in csv.DictReader(stream)
        }


@dataclass(frozen=True)
class Summary:
    """Median and 90th percentile of absolute relative errors, and the median signed one."""

    points: int
    median: float
    p90: float
    bias: float

    @property
    def cells(self) -> str:
        """Three cells of a table."""
        if not self.points:
            return "– | – | –"
        return f"{100 * self.median:.0f} % | {100 * self.p90:.0f} % | {100 * self.bias:+.0f} %"


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


def groups(predictions: Iterable[Prediction]) -> dict[tuple[str, str], list[Prediction]]:
    """Predictions by GPU and engine, the sweeps of one length apart from the rest."""
    found: dict[tuple[str, str], list[Prediction]] = {}
    for prediction in predictions:
        d = prediction.measured
        engine = d.engine if d.cv2 else f"{d.engine} (NVIDIA sweep)"
        found.setdefault((d.gpu, engine), []).append(prediction)
    return dict(sorted(found.items()))
