"""Numbers that may be written as one, as a mapping of names, or as a list."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, PlainValidator, TypeAdapter

from pdopt.fleet.fields import NotNegative, Positive, as_fraction

Factor = Annotated[float, BeforeValidator(as_fraction), Field(ge=0)]
Deviation = Annotated[float, BeforeValidator(as_fraction), Field(ge=0, le=2)]
GROWTH = re.compile(r"(?P<number>[+-]?\d+(?:\.\d*)?)\s*(?P<percent>%)?\s*(?:/|per|a)\s*(?P<time>month|year)")
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


def monthly_growth(value: object) -> float:
    """Give growth such as "8 %/month" or "150 %/year" as a fraction a month; a year is its twelfth root."""
    found = GROWTH.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        if value == 0 and not isinstance(value, bool):
            return 0.0
        raise ValueError("must be growth in a time, such as 8 %/month or 150 %/year")
    fraction = float(found["number"]) / (100 if found["percent"] else 1)
    rate = fraction if found["time"] == "month" else max(1 + fraction, 0.0) ** (1 / 12) - 1
    if not -1 < rate <= 1:
        raise ValueError("must be above -100 % and at most 100 % a month")
    return rate


def _deviations(value: object) -> object:
    return (NAMED_DEVIATIONS if isinstance(value, dict) else DEVIATION).validate_python(value)


Rates = Annotated[float | list[float] | dict[str, float], PlainValidator(_rates)]
Factors = Annotated[float | dict[str, float], PlainValidator(_factors)]
Deviations = Annotated[float | dict[str, float], PlainValidator(_deviations)]
MonthlyGrowth = Annotated[float, PlainValidator(monthly_growth)]
