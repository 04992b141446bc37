"""What a price list offers: node types with their prices, as they become SKUs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from pdopt.fleet.faults import Complaints
from pdopt.fleet.gpus import Gpu, read_gpus
from pdopt.fleet.price_choice import PricedSkus, PriceLists, offered_prices
from pdopt.fleet.prices import ON_DEMAND, Price, read_networks
from pdopt.fleet.profiles import Shape

BY_TERM = dict[str, Price]


@dataclass(frozen=True)
class Offer:
    """What a price list offers: prices by node type, and what is known of the machines."""

    chosen: PricedSkus
    prices: dict[str, BY_TERM]
    without_price: tuple[str, ...]
    network_gb_per_s: dict[tuple[str, str], float]
    gpus: dict[str, Gpu]

    @classmethod
    def read(cls, chosen: PricedSkus, base: FilePath, catalogue: PriceLists, complaints: Complaints) -> Offer:
        """Read what the choice asks for."""
        every = offered_prices(chosen, base, catalogue, complaints)
        prices: dict[str, BY_TERM] = {}
        for term in chosen.term:
            for price in every:
                if price.row.term == term:
                    prices.setdefault(price.row.instance_type, {})[term] = price
        lacking = sorted({price.row.instance_type for price in every} - prices.keys())
        networks = read_networks(catalogue.files("nodes.csv"))
        return cls(chosen, prices, tuple(lacking), networks, read_gpus(catalogue.files("gpus.csv")))

    def is_part(self, price: Price) -> bool:
        """Whether a node type is less than the whole machine its GPUs are built into."""
        known = self.gpus.get(price.row.gpu)
        return known is None or price.row.gpus < known.gpus_per_node

    def hosts(self, price: Price, shape: Shape) -> bool:
        """Whether an instance of the shape fits the node type."""
        return shape.gpu == price.row.gpu and (shape.gpus <= price.row.gpus or not self.is_part(price))

    def nothing(self) -> str:
        """Say that no LLM can run on anything offered."""
        gpus = ", ".join(sorted({any_of(prices).row.gpu for prices in self.prices.values()}))
        return f"{self.chosen.where} offers {gpus}: no LLM has a profile that fits; add one, or SKUs of your own"


def any_of(prices: BY_TERM) -> Price:
    """Give one of a node type's prices, to tell what all of them are of."""
    return next(iter(prices.values()))


def cost_of(prices: BY_TERM, written: object) -> dict[str, Any]:
    """Give what a SKU costs: one price on demand, or the terms of the list with what the entry adds to them."""
    if written is None and tuple(prices) == (ON_DEMAND,):
        return {"usd_per_hour": prices[ON_DEMAND].row.usd_per_hour}
    if written is not None and (not isinstance(written, dict) or not written):
        return {}  # a fault, told where entries are read
    terms: dict[str, Any] = {term: {"usd_per_hour": price.row.usd_per_hour} for term, price in prices.items()}
    for term, own in (written or {}).items():
        terms[term] = {**terms.get(term, {}), **own} if isinstance(own, dict) else own
    return {"terms": terms}


def states_price(terms: object, term: str) -> bool:
    """Whether an entry states the price of a term itself."""
    own = terms.get(term) if isinstance(terms, dict) else None
    return isinstance(own, dict) and own.get("usd_per_hour") is not None
