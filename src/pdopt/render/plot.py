"""Curves drawn into a file, with matplotlib (the extra ``pdopt[plot]``)."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from pdopt.catalogue.library import Entry
from pdopt.fleet.grouping import FoundRow
from pdopt.fleet.profiles import Shape
from pdopt.render.drawing import PlotRefusedError, blank, write

MOST_SHAPES = 10
Lengths = tuple[float, float]


def plot_curves(entry: Entry, file: Path) -> None:
    """Draw prefill speed by input length, and TPOT and decode speed by batch, one line per shape.

    Raises
    ------
    PlotRefusedError
        Nothing to draw, too much for one picture, or matplotlib is not installed.
    """
    prefill, decode = entry.by_shape("prefill"), entry.by_shape("decode")
    shapes = sorted(prefill.keys() | decode.keys())
    if not shapes:
        raise PlotRefusedError("there is no prefill or decode curve to draw")
    if len(shapes) > MOST_SHAPES:
        raise PlotRefusedError(f"{len(shapes)} shapes are too many for one picture; narrow down with --gpu or --engine")
    figure = blank(15, 5.2)
    axes = figure.subplots(1, 3)
    colours = {shape: f"C{i}" for i, shape in enumerate(shapes)}
    _draw_prefill(axes[0], prefill, colours)
    lengths = _common_lengths(decode)
    _draw_decode(axes[1:], decode, colours, lengths)
    figure.suptitle(f"{entry.name}: prefill, and decode at {lengths[0]:g} input / {lengths[1]:g} output tokens")
    handles = [axes[0].plot([], [], color=colour, label=str(shape))[0] for shape, colour in colours.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=8)
    write(figure, file)


def _common_lengths(decode: dict[Shape, list[FoundRow]]) -> Lengths:
    """Give the lengths that most shapes were measured at, with the most batches."""
    batches: dict[Lengths, set[tuple[Shape, float]]] = defaultdict(set)
    for shape, found in decode.items():
        for item in found:
            batches[item.row.input_tokens, item.row.output_tokens].add((shape, item.row.batch))
    return max(batches, key=lambda pair: (len({s for s, _ in batches[pair]}), len(batches[pair])), default=(0.0, 0.0))


def _draw_prefill(axis: Any, prefill: dict[Shape, list[FoundRow]], colours: dict[Shape, str]) -> None:
    for shape, found in prefill.items():
        rows = sorted((item.row for item in found), key=lambda row: row.input_tokens)
        axis.plot([r.input_tokens for r in rows], [r.tokens_per_s for r in rows], "o-", color=colours[shape], ms=3)
    _dress(axis, "prefill", "input tokens", "input tokens per second")


def _draw_decode(axes: Any, decode: dict[Shape, list[FoundRow]], colours: dict[Shape, str], lengths: Lengths) -> None:
    for shape, found in decode.items():
        rows = [item.row for item in found if (item.row.input_tokens, item.row.output_tokens) == lengths]
        rows.sort(key=lambda row: row.batch)
        batches, tpots = [row.batch for row in rows], [row.tpot_s for row in rows]
        axes[0].plot(batches, [s * 1e3 for s in tpots], "o-", color=colours[shape], ms=3)
        speeds = [batch / s for batch, s in zip(batches, tpots, strict=True)]
        axes[1].plot(batches, speeds, "o-", color=colours[shape], ms=3)
    _dress(axes[0], "decode: time per output token", "requests in flight", "TPOT in ms")
    _dress(axes[1], "decode: throughput", "requests in flight", "output tokens per second")


def _dress(axis: Any, title: str, x: str, y: str) -> None:
    axis.set(title=title, xlabel=x, ylabel=y)
    axis.set_xscale("log", base=2)
    axis.xaxis.set_major_formatter("{x:g}")
    axis.set_ylim(bottom=0)
    axis.grid(alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
