"""Sites, and rules of placement, as they are written in a fleet file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from pdopt.fleet.faults import Path
from pdopt.fleet.fields import Entry, NotNegative, Number, Positive, Text


class SiteEntry(Entry):
    """A place where nodes stand; the stages of a request share it, unless transfer.links joins their SKUs."""

    gco2_per_kwh: NotNegative = Field(0.0, description="grams of CO2 that a kilowatt-hour of its electricity emits")
    pue: Annotated[Number, Field(ge=1)] = Field(1.0, description="power of the whole site over that of its nodes, >= 1")
    power_kw: Positive | None = Field(None, description="kilowatts that the nodes rented there may draw at full load")


class RuleEntry(Entry):
    """A placement (sku or gpu, of all models and roles or of those named), or a pair that hands over."""

    model: Text | None = Field(None, description="the LLM it concerns; leave it out for all")
    role: Literal["encode", "prefill", "decode", "mixed"] | None = Field(
        None, description="encode, prefill, decode or mixed; leave it out for all"
    )
    sku: Text | None = Field(None, description="a SKU, one of skus")
    gpu: Text | None = Field(None, description="or a GPU type that SKUs have")
    prefill: Text | None = Field(None, description="of a pair: the SKU that prefills")
    decode: Text | None = Field(None, description="of a pair: the SKU that decodes")

    @classmethod
    def cross_faults(cls, raw: dict[str, Any]) -> Iterator[tuple[Path, str]]:
        """Ask for one SKU or GPU type, or for both ends of a pair."""
        stated = {key for key, value in raw.items() if value is not None}
        ends, places = stated & {"prefill", "decode"}, stated & {"sku", "gpu"}
        if ends and (places or "role" in stated):
            yield (), "is a placement and a pair at once; write two entries"
        elif len(ends) == 1:
            yield (), "names one end of a pair; name both, {prefill: SKU, decode: SKU}"
        elif not ends and len(places) != 1:
            yield (), "needs exactly one of sku and gpu, or a pair {prefill: SKU, decode: SKU}"


def as_list(value: object) -> object:
    """Give one name as a list of it."""
    return value if isinstance(value, list) or value is None else [value]


SomeNames = Annotated[list[Text], BeforeValidator(as_list), Field(min_length=1)]
Names = Annotated[list[Text] | None, BeforeValidator(as_list)]
MillisecondsBySite = dict[Text, NotNegative]
