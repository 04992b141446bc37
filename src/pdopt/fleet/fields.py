"""Kinds of numbers and texts that the input files are made of, and their validation into sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, TypeVar, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pdopt.fleet.faults import Complaints, Path, did_you_mean


class Entry(BaseModel):
    """Base of everything a user writes: unknown keys are faults, values never change."""

    LATER: ClassVar[tuple[str, ...]] = ()  # keys that a later version will know
    ESSENTIAL: ClassVar[tuple[str, ...]] = ()  # what to name where nothing is written; the required keys if empty

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, protected_namespaces=())

    @classmethod
    def as_read(cls, raw: dict[str, Any]) -> dict[str, Any]:
        """Give the values as written, numbers in words ("7e3") as numbers."""
        return {key: _plain_number(value) for key, value in raw.items()}

    @classmethod
    def cross_faults(cls, raw: dict[str, Any]) -> Iterator[tuple[Path, str]]:
        """Give the faults that concern several keys, from the values as written (which may be faulty themselves)."""
        yield from ()


def _plain_number(value: object) -> object:
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _number(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a number")
    return value


def as_fraction(value: object) -> object:
    """Give percents such as "10 %" as numbers."""
    if isinstance(value, str) and value.strip().endswith("%"):
        try:
            return float(value.strip()[:-1]) / 100
        except ValueError:
            return value
    return _number(value)


def _text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Number = Annotated[float, BeforeValidator(_number)]
Positive = Annotated[Number, Field(gt=0)]
NotNegative = Annotated[Number, Field(ge=0)]
Count = Annotated[int, BeforeValidator(_number), Field(ge=1)]
CountOrZero = Annotated[int, BeforeValidator(_number), Field(ge=0)]
Fraction = Annotated[float, BeforeValidator(as_fraction), Field(ge=0, le=1)]
ServedPart = Annotated[float, BeforeValidator(as_fraction), Field(gt=0, le=1)]
HeldBack = Annotated[float, BeforeValidator(as_fraction), Field(ge=0, lt=1)]
Growth = Annotated[float, BeforeValidator(as_fraction), Field(ge=0, le=2)]
Text = Annotated[str, BeforeValidator(_text)]

WRONG_KIND = {
    "int": "must be a whole number",
    "float": "must be a number",
    "dict": "must be a mapping",
    "model": "must be a mapping",
    "list": "must be a list",
    "tuple": "must be a list",
}

EntryType = TypeVar("EntryType", bound=Entry)


def validate(kind: type[EntryType], raw: object, path: Path, complaints: Complaints) -> EntryType | None:
    """Validate one entry; note every fault of it and return None when there is one."""
    if not isinstance(raw, dict):
        shown = "nothing" if raw is None else repr(raw)
        required = [name for name, info in kind.model_fields.items() if info.is_required()]
        needed = ", ".join(kind.ESSENTIAL or required or kind.model_fields)
        complaints.add(path, f"must be a mapping with {needed}; got {shown}")
        return None
    before = len(complaints.faults)
    entry = None
    try:
        entry = kind.model_validate(raw)
    except ValidationError as error:
        for detail in error.errors():
            complaints.add((*path, *detail["loc"]), _sentence(kind, dict(detail)))
    for loc, sentence in kind.cross_faults(kind.as_read(raw)):
        complaints.add((*path, *loc), sentence)
    return entry if len(complaints.faults) == before else None


def _field_at(kind: type[BaseModel], loc: tuple[Any, ...]) -> tuple[type[BaseModel], str]:
    """Follow `loc` into nested entries; give the entry holding the last key and that field's description."""
    description, steps = "", iter(loc)
    for step in steps:
        aliases = {field.alias: field for field in kind.model_fields.values()}
        info = kind.model_fields.get(str(step)) or aliases.get(str(step))
        description = (info.description or "") if info else ""
        inner, many = _entry_in(info.annotation) if info else (None, False)
        if inner is None:
            break
        kind = inner
        if many:
            next(steps, None)  # the name or number of one of them
    return kind, description


def _entry_in(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """Give the kind of entry that a field holds, if it does, and whether it holds several."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    for part in get_args(annotation):
        found, _ = _entry_in(part)
        if found is not None:
            return found, get_origin(annotation) in (list, tuple, dict) or _entry_in(part)[1]
    return None, False


def _sentence(kind: type[BaseModel], detail: dict[str, Any]) -> str:
    owner, description = _field_at(kind, detail["loc"])
    hint = f"; give {description}" if description else ""
    if detail["type"] == "missing":
        return f"is missing{hint}"
    if detail["type"] == "extra_forbidden" and detail["loc"][-1] in getattr(owner, "LATER", ()):
        return "is not available in this version; leave it out"
    if detail["type"] == "extra_forbidden":
        return f"unknown key; {did_you_mean(str(detail['loc'][-1]), owner.model_fields)}"
    if detail["type"] == "too_short":
        return f"must name at least one{hint}"
    if detail["type"] == "value_error":
        message = str(detail["ctx"]["error"])
        return f"{message}, got {detail['input']!r}{hint}"
    default = detail["msg"].replace("Input should be", "must be").replace("Input", "value").replace("valid ", "")
    message = WRONG_KIND.get(detail["type"].partition("_")[0], default)
    got = "" if isinstance(detail["input"], dict | list) else f", got {detail['input']!r}"
    return f"{message}{got}{hint}"
