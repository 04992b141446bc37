"""SKUs as they are written."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from pdopt.fleet.fields import Count, CountOrZero, Entry, NotNegative, Positive, Text


class SkuEntry(Entry):
    """A node one can rent or owns."""

    LATER: ClassVar[tuple[str, ...]] = ("terms", "site")

    gpu: Text = Field(description="the GPU type, as the profiles name it (h200-sxm)")
    gpus: Count = Field(description="the GPUs of one node, a whole number")
    usd_per_hour: NotNegative = Field(description="the price of one node in dollars per hour")
    available: CountOrZero | None = Field(None, description="how many nodes there are, or leave it out for no limit")
    billing: Literal["node", "gpu"] = Field("node", description="node (whole nodes) or gpu (GPUs in use)")
    nic_gb_per_s: Positive | None = Field(None, description="the network of one instance in gigabytes per second")
    power_kw: Positive | None = Field(None, description="kilowatts of one node at full load, for limits.power_kw")
