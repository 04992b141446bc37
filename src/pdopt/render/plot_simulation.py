"""Simulated latencies drawn into a file, with matplotlib (the extra ``pdopt[plot]``)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pdopt.render.drawing import blank, write
from pdopt.simulate.answers import LEVELS, Simulation, WorkloadSeen

MOST_LINES, LOG_FROM = 12, 30.0
TITLES = {"ttft": "time to first token, ms", "tpot": "time per output token, ms", "e2e": "whole request, ms"}


def plot_simulation(found: Simulation, file: Path) -> None:
    """Draw what part of the requests stays within a time: TTFT, TPOT and whole requests, with the targets.

    Raises
    ------
    PlotRefusedError
        matplotlib is not installed, or the file cannot be written.
    """
    figure = blank(15, 5.2)
    from matplotlib.ticker import NullFormatter

    axes = figure.subplots(1, len(TITLES))
    shown = sorted(found.workloads, key=_strain, reverse=True)[:MOST_LINES]
    for number, seen in enumerate(shown):
        for axis, metric in zip(axes, TITLES, strict=True):
            _draw(axis, seen, metric, f"C{number}")
    for axis, title in zip(axes, TITLES.values(), strict=True):
        axis.set(title=title, ylabel="part of the requests within it", ylim=(0, 1.01))
        low, high = axis.get_xlim()
        if low > 0 and high > LOG_FROM * low:
            axis.set_xscale("log")
            axis.xaxis.set_minor_formatter(NullFormatter())
        axis.xaxis.set_major_formatter("{x:,g}")
        axis.grid(alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
    more = len(found.workloads) - len(shown)
    figure.suptitle(found.name + (f" ({more} more are further from their targets)" if more else ""))
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8)
    write(figure, file)


def _draw(axis: Any, seen: WorkloadSeen, metric: str, colour: str) -> None:
    name = ", ".join(word for word in (seen.name, seen.scenario, seen.period) if word)
    axis.plot(seen.spread_ms[metric], LEVELS, color=colour, label=name)
    for target in seen.targets:
        of, statistic, _ = target.target.split("_")
        if of == metric:
            axis.axvline(target.bound_ms, color=colour, lw=1, ls=":")
            level = None if statistic == "mean" else float(statistic[1:]) / 100
            mark = "x" if target.verdict == "fails" else "o"
            axis.plot(
                [target.seen_ms.mean],
                [_level(seen, metric, target.seen_ms.mean) if level is None else level],
                mark,
                color=colour,
            )


def _level(seen: WorkloadSeen, metric: str, value: float) -> float:
    """Give the part of the requests within a time, from the quantiles."""
    import numpy as np

    return float(np.interp(value, seen.spread_ms[metric], LEVELS))


def _strain(seen: WorkloadSeen) -> float:
    return max((target.seen_ms.mean / target.bound_ms for target in seen.targets), default=0.0)
