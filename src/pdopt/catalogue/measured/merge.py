"""New rows into existing tables: none twice, none lost, none changed unasked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from dataclasses import replace as with_
from math import isclose
from pathlib import Path

from pdopt.catalogue.measured.lengths import Lengths, common, nearest
from pdopt.catalogue.measured.rows import Point
from pdopt.catalogue.measured.sweeps import busiest
from pdopt.catalogue.measured.table import ORIGIN, POINT, SHAPE, Row, Table
from pdopt.fleet.rows import ROWS

SAME = 1e-5
ROUNDING = 1e-3
TIMES = ("tpot_ms", "step_ms", "tokens_per_step")
LENGTHS = ("input_tokens", "output_tokens", "cached_tokens")


@dataclass
class Merged:
    """What became of the points of one role: the table's text if it changed, and what to say.

    `own` are the rows that came of this import: a second row at one of their points never replaces it.
    """

    file: Path
    text: str | None = None
    added: int = 0
    kept: int = 0
    replaced: int = 0
    completed: int = 0
    conflicts: list[str] = field(default_factory=list)
    own: list[Row] = field(default_factory=list)


def merge(folder: Path, role: str, points: Iterable[Point], replace: bool) -> Merged:
    """Merge points of one role into its table, in memory.

    A point is a shape, its lengths and its load; lengths within 2 % of a curve's are that curve's. A point that
    is there with the same numbers stays; with others it is a conflict, unless `replace`; blanks are filled.
    Lengths that a tool set exactly (static batches, rows given as they stand) stay as they are. Of several prefill
    runs at one length the busiest is the point.
    """
    table = Table(folder / f"{role}.csv", role)
    merged = Merged(table.file)
    points = [with_(point, row=dict(point.row)) for point in points]
    if role == "prefill":
        _settle_prefill(points, table)
        points = busiest(points)
    else:
        _settle_lengths([point.row for point in points if _floats(point)], table)
    rows = [point.row for point in points]
    for row in sorted(rows, key=lambda row: (_shape(row), _numbers(row, POINT[role]))):
        _place(row, table, merged, replace)
    if merged.added or merged.replaced or merged.completed:
        merged.text = table.text()
    return merged


def _place(row: Row, table: Table, merged: Merged, replace: bool) -> None:
    there = next((old for old in table.rows if _same_point(old, row, table.role)), None)
    if there is None:
        table.rows.append(row)
        merged.own.append(row)
        merged.added += 1
        return
    own = any(there is old for old in merged.own)
    differing = _differences(there, row, table.role)
    lacking = [name for name in _measured(table.role) if row.get(name) and not there.get(name)]
    if not own and (replace or not differing):
        merged.own.append(there)
    if differing and replace and not own:
        changed = [*_measured(table.role), *ORIGIN, "engine_version"]
        there.update({name: row.get(name, "") for name in changed if name != "kv_tokens" or row.get(name)})
        merged.replaced += 1
    elif differing:
        remedy = "imported twice, keep one of the two" if own else "kept, --replace takes the new one"
        merged.conflicts.append(f"{_conflict(row, differing, table)}; {remedy}")
    elif lacking and not _alternatives(there, row):
        there.update({name: row[name] for name in lacking})
        merged.completed += 1
    else:
        merged.kept += 1


def _alternatives(there: Row, row: Row) -> bool:
    """Whether the two state the time per token in different ways, which must not be joined."""
    return bool(there.get("step_ms")) != bool(row.get("step_ms"))


def _floats(point: Point) -> bool:
    """Whether its lengths are means of what a server was sent."""
    return point.measurement.phase == "served"


def _settle_prefill(points: Iterable[Point], table: Table) -> None:
    """Give each served run the nearest of the lengths that count, if within 2 %.

    Those are the lengths of the table, those set exactly, and, the busiest first, those of runs near none of these.
    All of them end up in the table, so runs imported again find the same length.
    """
    by_shape: dict[tuple[str, ...], list[Point]] = {}
    for point in points:
        by_shape.setdefault(_shape(point.row), []).append(point)
    for shape, alike in by_shape.items():
        served = sorted(filter(_floats, alike), key=lambda p: (-p.load, _lengths(p.row, table.role)))
        counting = [_lengths(old, table.role) for old in table.rows if _shape(old) == shape]
        counting += [_lengths(point.row, table.role) for point in alike if not _floats(point)]
        for point in served:
            if nearest(_lengths(point.row, table.role), counting) is None:
                counting.append(_lengths(point.row, table.role))
        for point in served:
            found = nearest(_lengths(point.row, table.role), counting)
            assert found is not None
            _set_lengths(point.row, found, table.role)


def _settle_lengths(new: list[Row], table: Table) -> None:
    """Give each new row the lengths of the curve it belongs to: the same point's, the nearest curve's, its group's."""
    open_rows: dict[tuple[str, ...], list[Row]] = {}
    for row in new:
        alike = [old for old in table.rows if _shape(old) == _shape(row)]
        same = [_lengths(old, table.role) for old in alike if _is_repetition(old, row, table.role)]
        known = [_lengths(old, table.role) for old in alike]
        found = nearest(_lengths(row, table.role), same) or nearest(_lengths(row, table.role), known)
        if found:
            _set_lengths(row, found, table.role)
        else:
            open_rows.setdefault(_shape(row), []).append(row)
    for rows in open_rows.values():
        shared = common([_lengths(row, table.role) for row in rows])
        for row in rows:
            _set_lengths(row, shared[_lengths(row, table.role)], table.role)


def _is_repetition(old: Row, row: Row, role: str) -> bool:
    """Whether load and values are the same."""
    load = [name for name in POINT[role] if name not in LENGTHS]
    pairs = zip(_numbers(old, load), _numbers(row, load), strict=True)
    return all(isclose(a, b, rel_tol=SAME) for a, b in pairs) and not _differences(old, row, role)


def _names(role: str) -> list[str]:
    """Give the lengths that tell curves apart."""
    return [name for name in POINT[role] if name in LENGTHS]


def _lengths(row: Row, role: str) -> Lengths:
    return _numbers(row, _names(role))


def _set_lengths(row: Row, lengths: Lengths, role: str) -> None:
    for name, value in zip(_names(role), lengths, strict=True):
        if value or row.get(name):
            row[name] = f"{value:.10g}"


def _numbers(row: Row, names: Iterable[str]) -> tuple[float, ...]:
    return tuple(float(row.get(name) or 0) for name in names)


def _shape(row: Row) -> tuple[str, ...]:
    """Give the shape as profiles are grouped by: the engine's version is not of it."""
    return tuple(_word(row, name) for name in SHAPE if name != "engine_version")


def _word(row: Row, name: str) -> str:
    return (row.get(name) or ("1" if name == "dp" else "")).strip()


def _same_point(old: Row, row: Row, role: str) -> bool:
    pairs = zip(_numbers(old, POINT[role]), _numbers(row, POINT[role]), strict=True)
    return _shape(old) == _shape(row) and all(isclose(a, b, rel_tol=SAME) for a, b in pairs)


def _measured(role: str) -> list[str]:
    return [name for name in ROWS[role].model_fields if name not in (*SHAPE, *POINT[role], *ORIGIN)]


def _differs(old: Row, row: Row, name: str) -> bool:
    mine, theirs = old.get(name), row.get(name)
    return bool(mine and theirs) and not isclose(float(mine or 0), float(theirs or 0), rel_tol=ROUNDING)


def _differences(there: Row, row: Row, role: str) -> list[str]:
    """Say where a row differs from the one that is there, in whatever way the two state the time per token."""
    names = [name for name in _measured(role) if _differs(there, row, name)]
    found = [f"{name} is {there[name]}, measured {row[name]}" for name in names]
    mine, theirs = _tpot_ms(there), _tpot_ms(row)
    if not {*names} & {*TIMES} and mine and theirs and not isclose(mine, theirs, rel_tol=ROUNDING):
        found.append(f"TPOT is {mine:.6g} ms ({_stated(there)}), measured {theirs:.6g} ms ({_stated(row)})")
    return found


def _tpot_ms(row: Row) -> float:
    """Give the time per token of a decode row, 0 of others."""
    return float(row.get("tpot_ms") or 0) or float(row.get("step_ms") or 0) / float(row.get("tokens_per_step") or 1)


def _stated(row: Row) -> str:
    return ", ".join(f"{name} {row[name]}" for name in TIMES if row.get(name))


def _conflict(row: Row, differing: list[str], table: Table) -> str:
    point = ", ".join(f"{name} {row[name]}" for name in POINT[table.role] if row.get(name))
    return f"{table.file.name}: {point}: {', '.join(differing)} ({row.get('source')})"
