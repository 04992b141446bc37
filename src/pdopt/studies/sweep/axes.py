"""What is varied: keys of a fleet file and their values, laid out as numbered scenarios."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from pdopt.fleet.document import Document, value_at
from pdopt.fleet.faults import Path
from pdopt.fleet.fields import as_fraction
from pdopt.studies.sweep.distributions import draws
from pdopt.studies.sweep.values import Values, VariationError

MOST = 1_000_000


@dataclass(frozen=True)
class Field:
    """One varied key: its name as the user wrote it, and the keys of the file that it stands for.

    `factor` says that its values multiply what stands there, or the price that a list states (`listed`).
    """

    name: str
    paths: tuple[Path, ...]
    factor: bool = False
    listed: tuple[tuple[Path, Any], ...] = ()

    def set_in(self, document: Document, value: Any) -> Document:
        """Give the document with the field at a value."""
        if not self.factor:
            return document.with_values(dict.fromkeys(self.paths, value))
        listed = dict(self.listed)
        now = {path: value_at(document.raw, path) for path in self.paths}
        return document.with_values(
            {path: scaled(listed.get(path) if v is None else v, value) for path, v in now.items()}
        )


Setting = tuple[tuple[Field, Any], ...]  # fields set together


@dataclass(frozen=True)
class Axis:
    """Settings of the same fields, of which a scenario takes one."""

    fields: tuple[Field, ...]
    settings: tuple[Setting, ...]


@dataclass(frozen=True)
class Scenarios:
    """All combinations of the settings of some axes, numbered from 0; the last axis changes fastest."""

    document: Document
    axes: tuple[Axis, ...]

    def __len__(self) -> int:
        return reduce(lambda count, axis: count * len(axis.settings), self.axes, 1)

    @property
    def fields(self) -> tuple[Field, ...]:
        """The varied fields in the order they were given."""
        return tuple(field for axis in self.axes for field in axis.fields)

    def setting(self, number: int) -> Setting:
        """Give the fields and values of a scenario."""
        chosen: list[Setting] = []
        for axis in reversed(self.axes):
            number, place = divmod(number, len(axis.settings))
            chosen.append(axis.settings[place])
        return tuple(pair for setting in reversed(chosen) for pair in setting)

    def written(self, setting: Setting) -> Document:
        """Give the fleet file with a setting; factors multiply what the settings before them left."""
        return reduce(lambda document, pair: pair[0].set_in(document, pair[1]), setting, self.document)

    def values(self, number: int) -> dict[str, Any]:
        """Give the values of a scenario by the names of its fields."""
        return {field.name: value for field, value in self.setting(number)}


def grid(fields: Sequence[tuple[Field, Values]]) -> Iterator[Axis]:
    """Give one axis for each field whose values are listed."""
    for field, values in fields:
        if values.drawn is None:
            yield Axis((field,), tuple(((field, value),) for value in values.listed))


def sample(fields: Sequence[tuple[Field, Values]], count: int, seed: int) -> Axis | None:
    """Give the one axis of all fields whose values are drawn, jointly; None where there is none."""
    drawn = [(field, values.drawn) for field, values in fields if values.drawn is not None]
    if not drawn:
        return None
    names = tuple(field for field, _ in drawn)
    rows = draws([kind for _, kind in drawn], count, seed)
    return Axis(names, tuple(tuple(zip(names, row, strict=True)) for row in rows))


def scaled(value: Any, factor: float) -> Any:
    """Multiply every number of a value: one number, a percentage, or one per period.

    Raises
    ------
    VariationError
        There is no number.
    """
    if isinstance(value, dict):
        return {key: scaled(item, factor) for key, item in value.items()}
    if isinstance(value, list):
        return [scaled(item, factor) for item in value]
    try:
        plain = as_fraction(value)
        whole = isinstance(plain, int)
        product = float(f"{float(plain) * factor:.12g}")  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise VariationError(f"{value!r} is no number to multiply") from None
    return int(product) if whole and product.is_integer() else product


def has_number(value: Any) -> bool:
    """Whether a factor has something to multiply."""
    try:
        scaled(value, 1.0)
    except VariationError:
        return False
    return value not in ({}, [])
