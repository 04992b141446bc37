"""What holds for a fleet as a whole, as it is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from pdopt.fleet.entries.sites import SomeNames
from pdopt.fleet.faults import Path
from pdopt.fleet.fields import Count, CountOrZero, Entry, Growth, HeldBack, NotNegative, Positive, ServedPart


class AssumptionsEntry(Entry):
    """What the performance model assumes; the defaults are the paper's."""

    prefill_service_cv2: NotNegative = Field(1.0, description="1 for M/M/1, 0 for M/D/1")
    dispatch: Literal["split", "pooled"] = Field(
        "split",
        description="split (each instance queues for itself) or pooled (the instances of a pool share one line)",
    )
    decode_load: Literal["steady", "open"] = Field("steady", description="steady (batch) or open (random arrivals)")
    decode_fit: Literal["linear", "quadratic"] = Field("linear", description="linear or quadratic")

    @classmethod
    def cross_faults(cls, raw: dict[str, Any]) -> Iterator[tuple[Path, str]]:
        """Refuse what excludes one another."""
        if raw.get("decode_load") == "open" and raw.get("decode_fit") == "quadratic":
            yield ("decode_fit",), "quadratic describes a steady batch, not decode_load: open; use linear"


class RedundancyEntry(Entry):
    """What may be gone while the plan still serves within its targets."""

    instances: CountOrZero = Field(0, description="how many instances of any one pool may be gone")
    nodes: CountOrZero = Field(0, description="how many nodes may be gone, of any SKU and whatever runs on them")
    sites: CountOrZero = Field(0, description="how many whole sites may be gone, others then serving their requests")
    serve: ServedPart = Field(
        1.0, description="the part of the load that is carried within the targets then, such as 0.9 or 90 %"
    )


class LimitsEntry(Entry):
    """What a plan as a whole must stay within."""

    max_skus: Count | None = Field(None, description="how many SKUs a plan may use at most")
    power_kw: Positive | None = Field(None, description="kilowatts that the rented nodes may draw at most")
    carbon_kg_per_hour: NotNegative | None = Field(
        None, description="kilograms of CO2 per hour of the nodes held, at full load, on average, at most"
    )
    min_pool_instances: Count | None = Field(None, description="how many instances a pool in use has at least")
    prefer: SomeNames | None = Field(
        None, description="SKUs to use first: nodes of others are held only as far as these do not suffice"
    )
    forbid: list[object] | None = Field(None, description="a list of placements and pairs that a plan may not use")
    require: list[object] | None = Field(
        None, description="a list of placements and pairs outside which what they name may not run"
    )


class CarbonEntry(Entry):
    """What CO2 costs: part of the cost of a plan."""

    usd_per_tonne: NotNegative = Field(description="dollars per tonne of CO2")


class MarginsEntry(Entry):
    """Fractions held back: more demand, slower instances than stated and measured."""

    demand: Growth = Field(0.0, description="a fraction such as 0.1 or 10 %")
    prefill: HeldBack = Field(0.0, description="a fraction such as 0.05 or 5 %")
    decode: HeldBack = Field(0.0, description="a fraction such as 0.08 or 8 %")
    encode: HeldBack = Field(0.0, description="a fraction such as 0.05 or 5 %, for images")
