"""The values of ``--vary KEY=VALUES``: a range, a list, one value or a distribution; as they are, or as factors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite
from typing import Any

import yaml

from pdopt.fleet.faults import did_you_mean
from pdopt.fleet.fields import as_fraction
from pdopt.studies.sweep.distributions import DISTRIBUTIONS, Distribution

RANGE = re.compile(r"([^:\[\]{}]+):([^:\[\]{}]+):([^:\[\]{}]+)")
CALL = re.compile(r"(\w+)\s*\((.*)\)")
FORMS = "write 40:70:7 (seven values from 40 to 70), 40:70:+5 (in steps of 5), [40, 55, 70] or uniform(40, 70)"
MOST = 100_000


class VariationError(ValueError):
    """Raised when a variation cannot be read; says what to write."""


@dataclass(frozen=True)
class Values:
    """What one key is set to.

    Attributes
    ----------
    listed : tuple
        The values, one after the other; empty where they are drawn.
    drawn : Distribution or None
    factor : bool
        Whether they multiply what the fleet file says.
    """

    listed: tuple[Any, ...] = ()
    drawn: Distribution | None = None
    factor: bool = False


def values_of(text: str) -> Values:
    """Read the values of a key.

    Raises
    ------
    VariationError
        They are none of the forms there are, or hold nothing.
    """
    text = text.strip()
    if text[:1] in ("*", "×"):
        inner = values_of(text[1:])
        if not all(_is_number(value) for value in inner.listed):
            raise VariationError(f"{text[1:].strip()} does not multiply; factors are numbers: *1.2 or *0.8:1.2:5")
        return Values(inner.listed, inner.drawn, factor=True)
    if (call := CALL.fullmatch(text)) is not None:
        return Values(drawn=_distribution(call[1], call[2]))
    if (ends := RANGE.fullmatch(text)) is not None:
        return Values(_range(*(end.strip() for end in ends.groups())))
    value = scalar(text)
    listed = tuple(map(plain, value)) if isinstance(value, list) else (value,)
    if not listed:
        raise VariationError(f"{text} holds no value; {FORMS}")
    return Values(listed)


def scalar(text: str) -> Any:
    """Read one value as YAML does, a percentage as its fraction.

    Raises
    ------
    VariationError
        It is not YAML, or nothing.
    """
    if not text.strip():
        raise VariationError(f"has no values; {FORMS}")
    try:
        return plain(yaml.safe_load(text))
    except yaml.YAMLError:
        raise VariationError(f"{text} cannot be read; {FORMS}") from None


def plain(value: Any) -> Any:
    """Give a percentage as its fraction and a number in words (7e3) as a number, anything else as it is."""
    if not isinstance(value, str):
        return value
    fraction = as_fraction(value)
    try:
        found = float(fraction)  # type: ignore[arg-type]
    except ValueError:
        return fraction
    return found if isfinite(found) else value


def number(text: str) -> float | int:
    """Read a number, such as 40, 1e3 or 5 %.

    Raises
    ------
    VariationError
        It is none.
    """
    try:
        value = as_fraction(text.strip())
        found = float(value)  # type: ignore[arg-type]
    except ValueError:
        raise VariationError(f"{text.strip()!r} is not a number; {FORMS}") from None
    if not isfinite(found):
        raise VariationError(f"{text.strip()!r} is not a finite number; {FORMS}")
    return int(found) if found.is_integer() and re.fullmatch(r"[-+]?\d+", text.strip()) else found


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _range(start: str, stop: str, count: str) -> tuple[float | int, ...]:
    first, last = number(start), number(stop)
    if count.startswith("+"):
        step = number(count[1:])
        if step <= 0 or last < first:
            raise VariationError(f"{start}:{stop}:{count} goes nowhere; give a step above 0 and an end after the start")
        steps = int((last - first) / step + 1e-9)
    else:
        if not re.fullmatch(r"\d+", count) or int(count) < 1 or (int(count) == 1 and first != last):
            raise VariationError(f"{count} is not how many values there are from {start} to {stop}; {FORMS}")
        steps = int(count) - 1
        step = (last - first) / steps if steps else 0
    if steps >= MOST:
        raise VariationError(f"{start}:{stop}:{count} are {steps + 1:,} values; give at most {MOST:,}")
    return tuple(_neat(first + i * step) for i in range(steps + 1))


def _neat(value: float) -> float | int:
    """Give a number without the dust of arithmetic, whole ones as whole numbers."""
    rounded = float(f"{value:.12g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded


def _distribution(name: str, inside: str) -> Distribution:
    if name not in DISTRIBUTIONS:
        raise VariationError(f"there is no distribution {name}; {did_you_mean(name, DISTRIBUTIONS)}")
    kind, needs = DISTRIBUTIONS[name]
    numbers = [number(word) for word in inside.split(",") if word.strip()]
    if len(numbers) != len(needs.split(",")):
        raise VariationError(f"{name}({inside}) has {len(numbers)} numbers; write {name}({needs})")
    try:
        return kind(*numbers)
    except ValueError as why:
        raise VariationError(f"{name}({inside}): {why}") from None
