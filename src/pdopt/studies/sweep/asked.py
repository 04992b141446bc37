"""What a sweep is asked to vary → scenarios, or all that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as mutable
from typing import Any

from pdopt.fleet.document import Document, value_at
from pdopt.fleet.faults import dotted
from pdopt.fleet.key_paths import UnknownKeyError, matching
from pdopt.fleet.price_choice import KEYS as PRICE_KEYS
from pdopt.studies.sweep.axes import MOST, Axis, Field, Scenarios, grid, has_number, sample
from pdopt.studies.sweep.values import Values, VariationError, values_of

Row = Mapping[str, str]  # of a table of scenarios: key → value as written, blank where it is left as it is


class SweepRefusedError(ValueError):
    """Raised when a sweep cannot start; every reason is a line."""

    def __init__(self, reasons: Sequence[str]):
        self.reasons = tuple(dict.fromkeys(reasons))
        super().__init__("\n".join(self.reasons))


@dataclass(frozen=True)
class Asked:
    """What is to be varied.

    Attributes
    ----------
    vary : tuple of str
        Such as ``skus.h200-node.usd_per_hour=40:70:7``; together they make a grid.
    rows : tuple of mappings
        Scenarios of a table, one more axis of the grid.
    samples : int
        How often values are drawn where some are.
    seed : int
    """

    vary: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    samples: int = 100
    seed: int = 0


@dataclass
class _Reading:
    document: Document
    written: dict[str, Any]
    reasons: list[str] = mutable(default_factory=list)
    notes: list[str] = mutable(default_factory=list)

    def field_of(self, name: str, factor: bool) -> Field | None:
        """Find the keys that a name stands for; a factor takes those that hold a number."""
        try:
            paths = matching(self.written, name)
        except UnknownKeyError as why:
            self.reasons.append(f"--vary {name}: {why}")
            return None
        if factor:
            without = [dotted(path[:-1]) for path in paths if not has_number(value_at(self.written, path))]
            paths = [path for path in paths if has_number(value_at(self.written, path))]
            if not paths:
                self.reasons.append(f"--vary {name}: there is no number to multiply; give values instead of factors")
                return None
            if without:
                self.notes.append(f"{name}: left as it is where no number stands ({', '.join(without)})")
        prices = {path: value_at(self.written, path) for path in paths if value_at(self.document.raw, path) is None}
        return Field(name, tuple(paths), factor, tuple(prices.items()) if factor else ())

    def pair(self, text: str) -> tuple[Field, Values] | None:
        name, equals, values_text = text.partition("=")
        if not equals:
            self.reasons.append(f"--vary {text}: write KEY=VALUES, such as skus.h200-node.usd_per_hour=40:70:7")
            return None
        try:
            values = values_of(values_text)
        except VariationError as why:
            self.reasons.append(f"--vary {name.strip()}: {why}")
            return None
        found = self.field_of(name.strip(), values.factor)
        return None if found is None else (found, values)


def scenarios_of(document: Document, written: dict[str, Any], asked: Asked) -> tuple[Scenarios, tuple[str, ...]]:
    """Lay out the scenarios.

    Parameters
    ----------
    document : Document
    written : dict
        Its content, with the SKUs of price lists as if they stood there (`key_paths.as_if_written`).
    asked : Asked

    Raises
    ------
    SweepRefusedError
        Everything that is wrong with the names and the values, at once.

    Returns
    -------
    scenarios, and notes
    """
    reading = _Reading(document, written)
    pairs = [pair for text in asked.vary if (pair := reading.pair(text)) is not None]
    axes = list(_axes(reading, pairs, asked))
    names = [found.name for axis in axes for found in axis.fields]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        reading.reasons.append(f"--vary {name}: is given twice; keep one")
    scenarios = Scenarios(document, tuple(axes))
    _refuse_moving_lists(scenarios.fields, reading)
    if not asked.vary and not asked.rows:
        reading.reasons.append("nothing is varied; add --vary KEY=VALUES, such as --vary margins.demand=0:0.3:4")
    if len(scenarios) > MOST:
        reading.reasons.append(f"{len(scenarios):,} scenarios are more than the {MOST:,} there may be; vary less")
    if reading.reasons:
        raise SweepRefusedError(reading.reasons)
    return scenarios, tuple(reading.notes)


def _refuse_moving_lists(fields: Sequence[Field], reading: _Reading) -> None:
    lists = [f.name for f in fields if any(path[0] == "skus" and path[-1] in PRICE_KEYS for path in f.paths)]
    for found in (f for f in fields if f.listed and lists):
        sentence = f"multiplies prices of a list while {lists[0]} takes others; vary one of the two"
        reading.reasons.append(f"--vary {found.name}: {sentence}")


def _axes(reading: _Reading, pairs: Sequence[tuple[Field, Values]], asked: Asked) -> Iterator[Axis]:
    if asked.rows and (table := _table(reading, asked.rows)) is not None:
        yield table
    yield from grid(pairs)
    if (drawn := sample(pairs, asked.samples, asked.seed)) is not None:
        yield drawn


def _table(reading: _Reading, rows: Sequence[Row]) -> Axis | None:
    """Make the rows of a table one axis."""
    names = dict.fromkeys(name for row in rows for name, text in row.items() if text.strip())
    cells = {
        (number, name): values
        for number, row in enumerate(rows, 1)
        for name in names
        if (text := row.get(name, "").strip()) and (values := _one_value(reading, f"row {number}: {name}", text))
    }
    fields: dict[str, Field] = {}
    for name in names:
        factors = {values.factor for (_, column), values in cells.items() if column == name}
        if len(factors) > 1:
            reading.reasons.append(f"{name}: mixes values and factors; write one kind in all rows")
        elif factors and (found := reading.field_of(name, factors.pop())) is not None:
            fields[name] = found
    if not names:
        reading.reasons.append("the table sets nothing; give columns named by keys, and a row a scenario")
    settings = tuple(
        tuple((field, cells[number, name].listed[0]) for name, field in fields.items() if (number, name) in cells)
        for number in range(1, len(rows) + 1)
    )
    return Axis(tuple(fields.values()), settings)


def _one_value(reading: _Reading, where: str, text: str) -> Values | None:
    try:
        values = values_of(text)
    except VariationError as why:
        reading.reasons.append(f"{where}: {why}")
        return None
    if len(values.listed) != 1:
        reading.reasons.append(f"{where}: {text} is more than one value; a cell holds one")
        return None
    return values
