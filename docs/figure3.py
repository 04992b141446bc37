"""Figure 3 of the paper: what two deployments were measured to do, and what pdopt predicts from the profile."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path

from pdopt.fleet.fleet import Assumptions, Fleet
from pdopt.studies.forecast import Deployment, Forecast, forecast

FILE = Path(__file__).parents[1] / "instances" / "paper" / "figure3.csv"


@dataclass(frozen=True)
class Point:
    """One measured point and two forecasts of it, under a steady batch and under open arrivals."""

    deployment: str
    million_tokens_per_minute: float
    ttft_mean_s: float
    tpot_mean_s: float
    steady: Forecast
    breathing: Forecast


def figure3(fleet: Fleet) -> list[Point]:
    """Predict the points of Figure 3 with the paper's instance."""
    with FILE.open(encoding="utf-8", newline="") as stream:
        return [_point(fleet, record) for record in csv.DictReader(stream)]


def _point(fleet: Fleet, record: dict[str, str]) -> Point:
    load = float(record["million_tokens_per_minute"])
    chat = fleet.workloads["chat"]
    chat = replace(chat, demand_rps=load * 1e6 / 60 / (chat.input_tokens + chat.output_tokens))
    llm = fleet.llms[chat.llm]
    deployment = Deployment(
        ("h200-node", next(p.shape for p in llm.prefill if 6144.0 in p.input_tokens), int(record["prefill"])),
        ("h200-node", llm.decode[0].shape, int(record["decode"])),
    )
    steady, breathing = (
        forecast(replace(fleet, workloads={"chat": chat}, assumptions=Assumptions(decode_load=mode)), chat, deployment)
        for mode in ("steady", "open")
    )
    measured = float(record["ttft_mean_ms"]) / 1e3, float(record["tpot_mean_ms"]) / 1e3
    return Point(f"{record['prefill']}P{record['decode']}D", load, *measured, steady, breathing)
