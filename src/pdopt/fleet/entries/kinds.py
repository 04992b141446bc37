"""Numbers that may be written as one, as a mapping of names, or as a list."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, PlainValidator, TypeAdapter

from pdopt.fleet.fields import NotNegative, Positive, as_fraction

Factor = Annotated[float, BeforeValidator(as_fraction), Field(ge=0)]
Deviation = Annotated[float, BeforeValidator(as_fraction), Field(ge=0, le=2)]
FINITE = ConfigDict(allow_inf_nan=False)
HOURS = TypeAdapter(Positive, config=FINITE)
RATE = TypeAdapter(NotNegative, config=FINITE)
RATES: TypeAdapter[Any] = TypeAdapter(list[NotNegative], config=FINITE)
NAMED_RATES: TypeAdapter[Any] = TypeAdapter(dict[str, NotNegative], config=FINITE)
FACTOR: TypeAdapter[Any] = TypeAdapter(Factor, config=FINITE)
NAMED_FACTORS: TypeAdapter[Any] = TypeAdapter(dict[str, Factor], config=FINITE)
DEVIATION: TypeAdapter[Any] = TypeAdapter(Deviation, config=FINITE)
NAMED_DEVIATIONS: TypeAdapter[Any] = TypeAdapter(dict[str, Deviation], config=FINITE)


def _rates(value: object) -> object:
    adapter = NAMED_RATES if isinstance(value, dict) else RATES if isinstance(value, list) else RATE
    return adapter.validate_python(value)


def _factors(value: object) -> object:
    return (NAMED_FACTORS if isinstance(value, dict) else FACTOR).validate_python(value)


def _deviations(value: object) -> object:
    return (NAMED_DEVIATIONS if isinstance(value, dict) else DEVIATION).validate_python(value)


Rates = Annotated[float | list[float] | dict[str, float], PlainValidator(_rates)]
Factors = Annotated[float | dict[str, float], PlainValidator(_factors)]
Deviations = Annotated[float | dict[str, float], PlainValidator(_deviations)]
