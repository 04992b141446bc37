"""Which prices ``skus: {from: aws, region: us-east-1}`` asks for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path as FilePath
from typing import Annotated, Protocol

from pydantic import BeforeValidator, Field

from pdopt.fleet.faults import Complaints, did_you_mean
from pdopt.fleet.fields import Entry, Text
from pdopt.fleet.prices import ON_DEMAND, Price, provider_of, read_prices

EVERYWHERE = ("", "all")


class PriceLists(Protocol):
    """What pricing SKUs asks of a catalogue."""

    def files(self, pattern: str) -> Iterable[FilePath]:
        """Files of the catalogue's folders, the user's own first."""


def _words(value: object) -> object:
    return [value] if isinstance(value, str | int | float) else value


class PricedSkus(Entry):
    """Node types taken from a price list, beside or instead of SKUs of one's own."""

    source: Text = Field(alias="from", description="a provider (pdopt prices list) or a CSV, relative to this file")
    region: Text | None = Field(None, description="the provider's region; needed where it has several")
    term: Annotated[tuple[Text, ...], BeforeValidator(_words), Field(min_length=1)] = Field(
        (ON_DEMAND,), description="on_demand, reserved_1y, reserved_3y, spot, or a list of them"
    )
    only: Annotated[list[Text] | None, BeforeValidator(_words)] = Field(
        None, description="GPU types or node types; without it, every node type whose GPU an LLM has a profile on"
    )

    site: Text | None = Field(None, description="the site of those that name none of their own, one of sites")

    @property
    def where(self) -> str:
        """Provider and region in words."""
        return f"{self.source} {self.region or ''}".strip()

    @property
    def terms(self) -> str:
        """The terms in words."""
        return " or ".join(self.term)


KEYS = tuple(info.alias or name for name, info in PricedSkus.model_fields.items())


def offered_prices(chosen: PricedSkus, base: FilePath, catalogue: PriceLists, complaints: Complaints) -> list[Price]:
    """Give the prices of the provider in the region, on any term; none, with a fault, when there are none.

    Raises
    ------
    FleetFaults
        Every fault of the price lists themselves.
    """
    if chosen.source.endswith(".csv"):
        prices = _of_file(chosen.source, base, complaints)
    else:
        prices = _of_provider(chosen.source, list(catalogue.files("prices/*.csv")), complaints)
    prices = _of_region(prices, chosen, complaints)
    terms = {price.row.term for price in prices}
    lacking = [(i, term) for i, term in enumerate(chosen.term) if prices and term not in terms]
    for i, term in lacking:
        path = ("skus", "term", i) if len(chosen.term) > 1 else ("skus", "term")
        complaints.add(path, f"no {term} prices of {chosen.where}; {did_you_mean(term, terms)}")
    return [] if lacking else prices


def _of_file(name: str, base: FilePath, complaints: Complaints) -> list[Price]:
    if (base / name).is_file():
        return read_prices([base / name])
    complaints.add(("skus", "from"), f"there is no file {name} beside this file; give a price list or a provider")
    return []


def _of_provider(provider: str, files: list[FilePath], complaints: Complaints) -> list[Price]:
    own = [file for file in files if provider_of(file) == provider]
    if not own:
        remedy = did_you_mean(provider, {provider_of(file) for file in files})
        complaints.add(("skus", "from"), f"no prices of {provider!r}; {remedy} (or name a CSV of your own)")
    return read_prices(own)


def _of_region(prices: list[Price], chosen: PricedSkus, complaints: Complaints) -> list[Price]:
    regions = {price.row.region for price in prices if price.row.region not in EVERYWHERE}
    if not prices or (chosen.region is None and len(regions) <= 1):
        return _nearest(prices)
    if chosen.region is None:
        complaints.add(
            ("skus", "from"), f"{chosen.source} has several regions; add region: {', '.join(sorted(regions))}"
        )
        return []
    if chosen.region not in regions:
        same = f"{chosen.source} has one price for all regions; leave region out"
        remedy = did_you_mean(chosen.region, regions) if regions else same
        complaints.add(("skus", "region"), f"no prices of {chosen.source} in {chosen.region!r}; {remedy}")
        return []
    return _nearest([price for price in prices if price.row.region in (chosen.region, *EVERYWHERE)])


def _nearest(prices: list[Price]) -> list[Price]:
    """Leave out prices of all regions where the region has one of its own, wherever it stands in the list."""
    own = {(p.row.instance_type, p.row.term) for p in prices if p.row.region not in EVERYWHERE}
    return [p for p in prices if p.row.region not in EVERYWHERE or (p.row.instance_type, p.row.term) not in own]
