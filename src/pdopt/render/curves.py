"""Measured curves as tables and as sparklines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.table import Table

from pdopt.fleet.grouping import FoundRow
from pdopt.fleet.profiles import Shape
from pdopt.render.text import Line, number, table

BARS = "▁▂▃▄▅▆▇█"
COLUMNS = 8


def sparkline(values: Sequence[float]) -> str:
    """Draw values as bars from zero to the largest."""
    top = max(values, default=0) or 1
    return "".join(BARS[min(int(value / top * len(BARS)), len(BARS) - 1)] for value in values)


def some_of(values: Sequence[float], most: int = COLUMNS) -> list[float]:
    """Give all values, or evenly chosen ones with the first and the last when there are many."""
    ordered = sorted(set(values))
    if len(ordered) <= most:
        return ordered
    return [ordered[round(i * (len(ordered) - 1) / (most - 1))] for i in range(most)]


def prefill_table(shapes: dict[Shape, list[FoundRow]]) -> Table:
    """Shapes by input length, cells in tokens per second."""
    return _speed_table(shapes, "prefill")


def encode_table(shapes: dict[Shape, list[FoundRow]]) -> Table:
    """Shapes by size of images, cells in images per second."""
    return _speed_table(shapes, "encode")


def _speed_table(shapes: dict[Shape, list[FoundRow]], role: str) -> Table:
    lengths = some_of([_point(role, item) for found in shapes.values() for item in found])
    rows = []
    for shape, found in shapes.items():
        speeds = {_point(role, item): _value(role, item) for item in found}
        cells = [_speed(speeds[length]) if length in speeds else "" for length in lengths]
        rows.append([str(shape), *cells, sparkline([speeds[length] for length in sorted(speeds)])])
    return table(["shape ", *(f"{length:g}" for length in lengths), "curve "], rows)


def _speed(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def decode_lines(shape: Shape, found: list[FoundRow]) -> Iterator[Line]:
    """Give batches by lengths, cells as TPOT in ms and tokens per second."""
    cells = {(_lengths(item), item.row.batch): item.row.tpot_s for item in found}
    lengths = [pair for pair in sorted({pair for pair, _ in cells}) if pair[0] in some_of([p[0] for p, _ in cells])]
    yield f"decode on {shape}: TPOT in ms (output tokens per second of the instance), by batch and input/output tokens"
    rows = []
    for batch in some_of([batch for _, batch in cells], 16):
        values = [cells.get((pair, batch)) for pair in lengths]
        rows.append([f"{batch:g}", *("" if s is None else f"{s * 1e3:.4g} ({number(batch / s)})" for s in values)])
    yield table(["batch", *(f"{pair[0]:g}/{pair[1]:g}" for pair in lengths)], rows)
    for pair, points in groupby(sorted(key for key in cells if key[0] in lengths), key=lambda key: key[0]):
        batches = [batch for _, batch in points]
        tpots = [cells[pair, batch] for batch in batches]
        speeds = [batch / tpot for batch, tpot in zip(batches, tpots, strict=True)]
        yield f"  {pair[0]:g}/{pair[1]:g}: TPOT {sparkline(tpots)}  tokens/s {sparkline(speeds)}"


def _lengths(item: FoundRow) -> tuple[float, float]:
    return item.row.input_tokens, item.row.output_tokens


def mixed_table(found: list[FoundRow]) -> Table:
    """Lay out latencies by lengths and rate."""
    rows = []
    for row in sorted((item.row for item in found), key=lambda r: (r.input_tokens, r.output_tokens, r.requests_per_s)):
        latencies = [row.ttft_mean_ms, row.tpot_mean_ms]
        stated = ["-" if value is None else number(value) for value in latencies]
        rows.append([f"{row.input_tokens:g}/{row.output_tokens:g}", number(row.requests_per_s), *stated])
    return table(["input/output ", "requests/s", "TTFT mean ms", "TPOT mean ms"], rows)


def shape_table(role: str, shapes: dict[Shape, list[FoundRow]]) -> Table:
    """Give one line per shape: how many points, between which speeds, and the curve of its shortest lengths."""
    units = {"encode": "images/s", "prefill": "tokens/s", "decode": "TPOT ms", "mixed": "TPOT mean ms"}
    rows = []
    for shape, found in shapes.items():
        values = [_value(role, item) for item in found]
        queue = role in ("encode", "prefill")
        shortest = min((0.0, 0.0) if queue else _lengths(item) for item in found)
        curve = [item for item in found if queue or _lengths(item) == shortest]
        drawn = sparkline([_value(role, item) for item in sorted(curve, key=lambda item: _point(role, item))])
        rows.append([str(shape), str(len(found)), f"{number(min(values))} to {number(max(values))}", drawn])
    return table([f"{role} ", "points", units[role], "curve "], rows)


def _value(role: str, item: FoundRow) -> float:
    row = item.row
    if role in ("encode", "prefill"):
        return float(row.images_per_s if role == "encode" else row.tokens_per_s)
    return float(row.tpot_s * 1e3 if role == "decode" else row.tpot_mean_ms or 0.0)


def _point(role: str, item: FoundRow) -> float:
    names = {"encode": "image_tokens", "prefill": "input_tokens", "decode": "batch", "mixed": "requests_per_s"}
    return float(getattr(item.row, names[role]))
