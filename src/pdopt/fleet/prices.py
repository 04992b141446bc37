"""Price lists: CSV tables of node prices, where each price comes from and how old it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path as FilePath
from typing import Annotated

from pydantic import BeforeValidator, Field

from pdopt.fleet.faults import Fault, FleetFaults
from pdopt.fleet.fields import Count, Entry, Positive, Text
from pdopt.fleet.fleet import PriceOrigin
from pdopt.fleet.rows import Word
from pdopt.fleet.tables import read_csv

ON_DEMAND = "on_demand"
STALE_AFTER_DAYS = 90
NAME = re.compile(r"(?:\d{4}-\d\d-\d\d|undated)-(?P<provider>.+)")
DAY = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d))?")

Term = Annotated[str, BeforeValidator(lambda value: str(value).strip() if value is not None else ON_DEMAND)]


class PriceRow(Entry):
    """The price of one node type in one region on one term."""

    instance_type: Text = Field(description="the name of the node type (p5.48xlarge)")
    region: Word = Field("", description="the region; blank or all = the same everywhere")
    gpu: Text = Field(description="the GPU type, as the profiles name it (h200-sxm)")
    gpus: Count = Field(description="the GPUs of one node, a whole number")
    term: Term = Field(ON_DEMAND, description="on_demand, reserved_1y, reserved_3y, spot, or a word of your own")
    usd_per_hour: Positive = Field(description="the price of one node in dollars per hour")
    source_date: Word = Field("", description="the day of the price (2026-07-20), blank if unknown")
    source: Word = Field("", description="where the price was read")


@dataclass(frozen=True)
class Price:
    """A row of a price list and the list it stands in.

    Attributes
    ----------
    file : str
        Name of the list, without its folder.
    """

    row: PriceRow
    provider: str
    file: str

    @property
    def usd_per_gpu_h(self) -> float:
        """Dollars per GPU and hour."""
        return self.row.usd_per_hour / self.row.gpus

    @property
    def day(self) -> date | None:
        """Day of the price; the first of the month where only that is known."""
        found = DAY.match(self.row.source_date)
        try:
            return date(int(found[1]), int(found[2]), int(found[3] or 1)) if found else None
        except ValueError:
            return None

    def age_days(self, today: date) -> int | None:
        """Days since the price was read, or None when it is undated."""
        return None if self.day is None else (today - self.day).days

    def origin(self) -> PriceOrigin:
        """State where the price stands."""
        row = self.row
        return PriceOrigin(row.source, self.file, row.source_date or "undated", row.term, row.region or "all")

    def stale(self, today: date) -> bool:
        """Whether the price has to be checked before anybody relies on it."""
        age = self.age_days(today)
        return age is None or age > STALE_AFTER_DAYS


def current_day() -> date:
    """Give the day against which the age of prices is told."""
    return date.today()


def provider_of(file: FilePath) -> str:
    """Name the provider of a price list: 2026-07-20-aws.csv is of aws, mine.csv of mine."""
    found = NAME.fullmatch(file.stem)
    return found["provider"] if found else file.stem


def read_prices(files: Iterable[FilePath]) -> list[Price]:
    """Read price lists; of several prices of a node type, region and term keep the newest.

    Parameters
    ----------
    files : iterable of pathlib.Path
        Lists of an earlier folder come before those of a later one, whatever their date.

    Raises
    ------
    FleetFaults
        Every fault of every list.
    """
    kept: dict[tuple[str, ...], tuple[FilePath, Price]] = {}
    faults: list[Fault] = []
    for file in files:
        try:
            rows = [found.row for found in read_csv(file, PriceRow)]
        except FleetFaults as error:
            faults += error.faults
            continue
        for price in (Price(row, provider_of(file), file.name) for row in rows):
            key = (price.provider, price.row.instance_type, price.row.region, price.row.term)
            folder, earlier = kept.get(key, (file.parent, None))
            if earlier is None or (folder == file.parent and _newer(price, earlier)):
                kept[key] = (file.parent, price)
    if faults:
        raise FleetFaults(faults)
    return [price for _, price in kept.values()]


def _newer(price: Price, other: Price) -> bool:
    return (price.day or date.min) > (other.day or date.min)


class NodeRow(Entry):
    """What is known of a node type apart from its price."""

    provider: Text = Field(description="the provider, as in the name of its price list")
    instance_type: Text = Field(description="the name of the node type")
    gpus: Count = Field(description="the GPUs of one node, a whole number")
    network_gb_per_s: Positive = Field(description="the network of one node in gigabytes per second")
    source: Word = Field("", description="where the number was read")


def read_networks(files: Iterable[FilePath]) -> dict[tuple[str, str], float]:
    """Give (provider, node type) → gigabytes per second of one of its GPUs; the first list to state one wins."""
    known: dict[tuple[str, str], float] = {}
    for file in files:
        for node in (found.row for found in read_csv(file, NodeRow)):
            known.setdefault((node.provider, node.instance_type), node.network_gb_per_s / node.gpus)
    return known
