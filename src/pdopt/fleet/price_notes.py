"""What has to be said about the prices a fleet took from lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from pdopt.fleet.offer import BY_TERM
from pdopt.fleet.priced_skus import some


def price_notes(prices: dict[str, BY_TERM], today: date) -> Iterable[str]:
    """Say which prices are old or undated, and which can be taken away."""
    stale: dict[str, list[str]] = defaultdict(list)
    for name, price in ((name, price) for name, by_term in prices.items() for price in by_term.values()):
        if price.stale(today):
            age = price.age_days(today)
            state = "undated" if age is None else f"{age} days old"
            stale[f"{state} ({price.file})"].append(name)
    for state, names in stale.items():
        yield f"prices are {state}: {some(list(dict.fromkeys(names)))}; check them before buying"
    spot = [name for name, by_term in prices.items() if "spot" in by_term]
    if spot:
        yield f"spot prices change and spot nodes can be taken away: {some(spot)}; they are illustrative"
