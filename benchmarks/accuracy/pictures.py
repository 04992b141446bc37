"""Predicted against measured, one picture per GPU."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
from benchmarks.accuracy.errors import METRICS
from benchmarks.accuracy.predict import Prediction
from benchmarks.accuracy.tables import Estimates
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

UNITS = {"TPOT": ("TPOT, ms", 1e3), "requests/s": ("requests/s", 1.0), "TTFT": ("TTFT, s", 1.0)}
COLOURS = {"sglang": "tab:blue", "trtllm": "tab:green", "vllm": "tab:red"}


def draw(gpu: str, group: list[Prediction], estimates: Estimates, file: Path) -> None:
    """Write the three metrics of one GPU: filled pdopt, hollow AIConfigurator, a colour per engine."""
    figure = Figure(figsize=(12, 4.4), layout="constrained")
    for axis, metric in zip(figure.subplots(1, 3), METRICS, strict=True):
        _draw_metric(axis, metric, group, estimates)
    figure.suptitle(f"{gpu}: predicted against measured, {len(group)} rows (lines: equal, and within 20 %)")
    engines = sorted({p.measured.engine for p in group})
    handles = [_key("o", COLOURS[engine], COLOURS[engine], engine) for engine in engines]
    handles += [_key("o", "grey", "grey", "pdopt"), _key("s", "grey", "none", "AIConfigurator")]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    with mpl.rc_context({"svg.hashsalt": "pdopt", "svg.fonttype": "none"}):  # the same picture has the same bytes
        figure.savefig(file, metadata={"Date": None})


def _key(marker: str, colour: str, face: str, label: str) -> Line2D:
    return Line2D([], [], ls="", marker=marker, color=colour, markerfacecolor=face, label=label)


def _draw_metric(axis: Any, metric: str, group: list[Prediction], estimates: Estimates) -> None:
    name, scale = UNITS[metric]
    ends: list[float] = []
    for x, ours, theirs, colour in _points(METRICS[metric], scale, group, estimates):
        axis.plot(x, ours, "o", ms=4, alpha=0.7, color=colour, mew=0)
        ends += [x, ours]
        if theirs is not None:
            axis.plot(x, theirs, "s", ms=5, alpha=0.7, mfc="none", color=colour)
            ends.append(theirs)
    line = [min(ends) / 1.2, max(ends) * 1.2]
    axis.plot(line, line, color="black", lw=1)
    for factor in (1.2, 1 / 1.2):
        axis.plot(line, [factor * end for end in line], color="black", lw=0.5, ls="--")
    axis.set(xscale="log", yscale="log", xlabel=f"measured {name}", ylabel=f"predicted {name}", title=metric)
    axis.grid(alpha=0.3)


def _points(
    metric: str, scale: float, group: list[Prediction], estimates: Estimates
) -> Iterator[tuple[float, float, float | None, str]]:
    for p in group:
        other = estimates.get(p.measured.name)
        theirs = None if other is None else scale * getattr(other, metric)
        colour = COLOURS[p.measured.engine]
        yield scale * getattr(p.measured, metric), scale * getattr(p.predicted, metric), theirs, colour
